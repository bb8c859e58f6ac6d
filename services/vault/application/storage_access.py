import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.chassis.domain import Aggregate, Personal
from services.chassis.errors import LimitExceeded
from services.chassis.views import Row
from services.vault.application.shared import Shared
from services.vault.domain import SecretUse, StorageAccess, checked_access, shown_access
from services.vault.sealing import Record
from services.vault.views.storage_access import StorageAccessViews

KIND = "storage_access"


class KeepsStorageAccess(Shared):
    accesses: StorageAccessViews

    def setup(self) -> None:
        super().setup()
        if self.db:
            self.accesses = StorageAccessViews(self.db)

    def add_storage_access(self, account_id: UUID, values: Mapping[str, Any]) -> Row:
        said = checked_access(values)
        self._check_space(account_id)
        access = StorageAccess(owner_id=account_id, shown=Personal(account_id, shown_access(said)), sealed_version=1)
        self.save(access, sealed=[self.sealing.seal(_record(access), json.dumps(said).encode())])
        return _described(access)

    def change_storage_access(self, account_id: UUID, access_id: UUID, values: Mapping[str, Any]) -> Row:
        """A secret that is left out stays as it is, as long as it serves the same bucket."""
        access = self._access(account_id, access_id)
        said = checked_access(values, self.opened(_record(access)))
        access.change(Personal(account_id, shown_access(said)), access.sealed_version + 1)
        self.save(access, sealed=[self.sealing.seal(_record(access), json.dumps(said).encode())], destroyed=[access.id])
        return _described(access)

    def delete_storage_access(self, account_id: UUID, access_id: UUID) -> None:
        access = self._access(account_id, access_id)
        access.delete()
        self.save(access, destroyed=[access.id])

    def list_storage_access(self, account_id: UUID, limit: int, cursor: str | None) -> Row:
        return self.accesses.held_by(account_id, limit, cursor)

    def use_storage_access(self, account_id: UUID, access_id: UUID) -> Row:
        """For the browser of its owner; on record before anybody has it."""
        access = self._access(account_id, access_id)
        values = self.opened(_record(access))
        self.save(SecretUse(kind=KIND, record_id=access.id, owner_id=account_id, workspace_id=None, use="browser", link_id=None))
        return {"id": access.id, "values": values}

    def ended_with_account(self, account_id: UUID) -> list[Aggregate]:
        accesses = [self.load(StorageAccess, id) for id in self.accesses.ids(account_id)]
        for access in accesses:
            access.delete()
        return [*super().ended_with_account(account_id), *accesses]

    def _access(self, account_id: UUID, access_id: UUID) -> StorageAccess:
        access = self.load(StorageAccess, access_id)
        access.check_holder(account_id)
        return access

    def _check_space(self, account_id: UUID) -> None:
        if self.db and len(self.accesses.ids(account_id)) >= (most := self.settings.cloud_credentials):
            raise LimitExceeded("storage_access_limit_reached", f"there is room for {most}: delete one first", {"limit": most})


def _described(access: StorageAccess) -> Row:
    return {"id": access.id, "shown": access.shown.value, "created_at": access.created_on, "updated_at": access.modified_on}


def _record(access: StorageAccess) -> Record:
    return Record(kind=KIND, record_id=access.id, version=access.sealed_version, owner_id=access.owner_id)
