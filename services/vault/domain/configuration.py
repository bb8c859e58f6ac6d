from typing import Self
from uuid import UUID, uuid4, uuid5

from services.chassis.domain import Aggregate, Personal, event
from services.chassis.errors import NotFound


class Configuration(Aggregate):
    """A text, sealed, that clients merge into their own: one person's in a workspace, or an administrator's for groups."""

    TOPIC = "vault.configuration"

    class Created(Aggregate.Created):
        TOPIC = "vault.configuration.created"
        workspace_id: UUID
        account_id: UUID | None
        name: Personal
        group_ids: list[UUID]

    class Saved(Aggregate.Event):
        TOPIC = "vault.configuration.saved"
        workspace_id: UUID
        account_id: UUID | None
        edition: int
        format: str
        size: int
        digest: str
        keys: Personal
        restored: int | None

    class Enabled(Aggregate.Event):
        TOPIC = "vault.configuration.enabled"
        workspace_id: UUID
        account_id: UUID | None

    class Disabled(Aggregate.Event):
        TOPIC = "vault.configuration.disabled"
        workspace_id: UUID
        account_id: UUID | None

    class Renamed(Aggregate.Event):
        TOPIC = "vault.configuration.renamed"
        workspace_id: UUID
        name: Personal

    class Regrouped(Aggregate.Event):
        TOPIC = "vault.configuration.regrouped"
        workspace_id: UUID
        group_ids: list[UUID]

    class Deleted(Aggregate.Event):
        TOPIC = "vault.configuration.deleted"
        workspace_id: UUID
        account_id: UUID | None

    @event(Created)
    def __init__(self, workspace_id: UUID, account_id: UUID | None, name: Personal, group_ids: list[UUID]) -> None:
        self.workspace_id, self.account_id, self.name, self.group_ids = workspace_id, account_id, name, group_ids
        self.enabled = self.deleted = False
        self.format, self.size, self.digest = "hocon", 0, ""
        self.keys: Personal | None = None
        # Counts the texts; every one of them is kept.
        self.edition = 0

    @staticmethod
    def create_id(workspace_id: UUID, account_id: UUID | None) -> UUID:
        return uuid4() if account_id is None else Configuration.personal_id(workspace_id, account_id)

    @staticmethod
    def personal_id(workspace_id: UUID, account_id: UUID) -> UUID:
        """Derived, so that nobody gets two of them."""
        return uuid5(workspace_id, f"configuration of {account_id}")

    @classmethod
    def personal(cls, workspace_id: UUID, account_id: UUID) -> Self:
        return cls(workspace_id=workspace_id, account_id=account_id, name=Personal(account_id, ""), group_ids=[])

    @property
    def subject(self) -> UUID:
        """Whose end makes what is told of it unreadable."""
        return self.account_id or self.workspace_id

    def check_holder(self, workspace_id: UUID) -> None:
        """Refuses what is not one of this workspace's administrators'."""
        if self.deleted or self.account_id or self.workspace_id != workspace_id:
            raise NotFound("configuration_not_found", "there is no configuration with this id")

    def check_edition(self, edition: int) -> None:
        if not 1 <= edition <= self.edition:
            raise NotFound("configuration_version_not_found", "it has no such version")

    def save(self, format: str, size: int, digest: str, keys: list[str], restored: int | None = None) -> bool:
        """Whether that is a new text: the same one again is no new edition."""
        if self.edition and (format, digest) == (self.format, self.digest):
            return False
        self._saved(self.workspace_id, self.account_id, self.edition + 1, format, size, digest, Personal(self.subject, keys), restored)
        return True

    def switch(self, enabled: bool) -> None:
        if enabled != self.enabled:
            (self._enabled if enabled else self._disabled)(self.workspace_id, self.account_id)

    def rename(self, name: str) -> None:
        if name != self.name.value:
            self._renamed(self.workspace_id, Personal(self.subject, name))

    def regroup(self, group_ids: list[UUID]) -> None:
        if group_ids != self.group_ids:
            self._regrouped(self.workspace_id, group_ids)

    def delete(self) -> None:
        if not self.deleted:
            self._deleted(self.workspace_id, self.account_id)

    @event(Saved)
    def _saved(
        self,
        workspace_id: UUID,
        account_id: UUID | None,
        edition: int,
        format: str,
        size: int,
        digest: str,
        keys: Personal,
        restored: int | None,
    ) -> None:
        self.edition, self.format, self.size, self.digest, self.keys = edition, format, size, digest, keys

    @event(Enabled)
    def _enabled(self, workspace_id: UUID, account_id: UUID | None) -> None:
        self.enabled = True

    @event(Disabled)
    def _disabled(self, workspace_id: UUID, account_id: UUID | None) -> None:
        self.enabled = False

    @event(Renamed)
    def _renamed(self, workspace_id: UUID, name: Personal) -> None:
        self.name = name

    @event(Regrouped)
    def _regrouped(self, workspace_id: UUID, group_ids: list[UUID]) -> None:
        self.group_ids = group_ids

    @event(Deleted)
    def _deleted(self, workspace_id: UUID, account_id: UUID | None) -> None:
        self.deleted = True
