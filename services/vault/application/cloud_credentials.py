import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.chassis.domain import Aggregate, Personal
from services.chassis.errors import LimitExceeded
from services.chassis.views import Row
from services.vault.application.shared import Shared
from services.vault.domain import USES, CloudCredential, SecretUse
from services.vault.domain.providers import PROVIDERS, checked, merged
from services.vault.sealing import Record
from services.vault.views.cloud_credentials import CloudCredentialViews

KIND = "cloud_credential"


class CloudCredentials(Shared):
    """Whose they are is a pair: an account, or a workspace; the other one is None."""

    clouds: CloudCredentialViews

    def setup(self) -> None:
        super().setup()
        if self.db:
            self.clouds = CloudCredentialViews(self.db)

    def add_cloud_credential(
        self,
        *,
        account_id: UUID,
        provider: str,
        name: str,
        uses: list[str],
        values: Mapping[str, Any],
        owner_id: UUID | None = None,
        workspace_id: UUID | None = None,
    ) -> Row:
        said = checked(provider, values)
        self._check_room(owner_id, workspace_id)
        subject = _subject(owner_id, workspace_id)
        credential = CloudCredential(
            owner_id=owner_id,
            workspace_id=workspace_id,
            added_by=account_id,
            provider=provider,
            name=Personal(subject, name),
            uses=_ordered(uses),
            shown=Personal(subject, PROVIDERS[provider].shown(said)),
            sealed_version=1,
        )
        self.save(credential, sealed=[self.sealing.seal(record_of(credential), json.dumps(said).encode())])
        return described(credential)

    def change_cloud_credential(
        self,
        *,
        credential_id: UUID,
        provider: str,
        name: str,
        uses: list[str],
        values: Mapping[str, Any],
        owner_id: UUID | None = None,
        workspace_id: UUID | None = None,
    ) -> Row:
        """Secrets that are left out stay as they are; the others' former key is destroyed."""
        credential = self._credential(credential_id, owner_id, workspace_id)
        credential.check_provider(provider)
        said = merged(provider, self.opened(record_of(credential)), values)
        subject, shown = _subject(owner_id, workspace_id), PROVIDERS[provider].shown(said)
        credential.change(Personal(subject, name), _ordered(uses), Personal(subject, shown), credential.sealed_version + 1)
        envelope = self.sealing.seal(record_of(credential), json.dumps(said).encode())
        self.save(credential, sealed=[envelope], destroyed=[credential.id])
        return described(credential)

    def delete_cloud_credential(self, credential_id: UUID, owner_id: UUID | None = None, workspace_id: UUID | None = None) -> None:
        credential = self._credential(credential_id, owner_id, workspace_id)
        credential.delete()
        self.save(credential, destroyed=[credential.id])

    def get_cloud_credential(self, credential_id: UUID, owner_id: UUID | None = None, workspace_id: UUID | None = None) -> Row:
        return described(self._credential(credential_id, owner_id, workspace_id))

    def list_cloud_credentials(self, limit: int, cursor: str | None, owner_id: UUID | None = None, workspace_id: UUID | None = None) -> Row:
        return self.clouds.held_by(owner_id, workspace_id, limit, cursor)

    def use_cloud_credential(self, credential_id: UUID, use: str, owner_id: UUID | None = None, workspace_id: UUID | None = None) -> Row:
        """Everything the credential says. That it was given out, and to whom, is on record before anybody has it."""
        credential = self._credential(credential_id, owner_id, workspace_id)
        return self._given(credential, use)

    def ended_with_account(self, account_id: UUID) -> list[Aggregate]:
        return [*super().ended_with_account(account_id), *self._deleted(self.clouds.ids(owner_id=account_id))]

    def ended_with_workspace(self, workspace_id: UUID) -> list[Aggregate]:
        return [*super().ended_with_workspace(workspace_id), *self._deleted(self.clouds.ids(workspace_id=workspace_id))]

    def _given(self, credential: CloudCredential, use: str, link_id: UUID | None = None, *others: Aggregate) -> Row:
        credential.check_use(use)
        values = self.opened(record_of(credential))
        self.save(self._used(credential, use, link_id), *others)
        return {"id": credential.id, "provider": credential.provider, "use": use, "values": values}

    def _used(self, credential: CloudCredential, use: str, link_id: UUID | None = None) -> SecretUse:
        return SecretUse(
            kind=KIND,
            record_id=credential.id,
            owner_id=credential.owner_id,
            workspace_id=credential.workspace_id,
            use=use,
            link_id=link_id,
        )

    def _credential(self, credential_id: UUID, owner_id: UUID | None, workspace_id: UUID | None) -> CloudCredential:
        credential = self.load(CloudCredential, credential_id)
        credential.check_holder(owner_id, workspace_id)
        return credential

    def _deleted(self, ids: list[UUID]) -> list[Aggregate]:
        credentials = [self.load(CloudCredential, id) for id in ids]
        for credential in credentials:
            credential.delete()
        return [*credentials]

    def _check_room(self, owner_id: UUID | None, workspace_id: UUID | None) -> None:
        if self.db and self.clouds.count(owner_id, workspace_id) >= (most := self.settings.cloud_credentials):
            raise LimitExceeded("cloud_credential_limit_reached", f"there is room for {most}: delete one first", {"limit": most})


def described(credential: CloudCredential) -> Row:
    """Nothing secret."""
    return {
        "id": credential.id,
        "provider": credential.provider,
        "name": credential.name.value,
        "uses": credential.uses,
        "shown": credential.shown.value,
        "added_by": credential.added_by,
        "created_at": credential.created_on,
        "updated_at": credential.modified_on,
    }


def record_of(credential: CloudCredential) -> Record:
    return Record(
        kind=KIND,
        record_id=credential.id,
        version=credential.sealed_version,
        owner_id=credential.owner_id,
        workspace_id=credential.workspace_id,
    )


def _ordered(uses: list[str]) -> list[str]:
    return [use for use in USES if use in uses]


def _subject(owner_id: UUID | None, workspace_id: UUID | None) -> UUID:
    """Whose end makes what is told of it unreadable."""
    if (subject := owner_id or workspace_id) is None:
        raise ValueError("it belongs to an account or to a workspace")
    return subject
