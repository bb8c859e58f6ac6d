from uuid import UUID

from services.chassis.domain import Aggregate, Personal, event
from services.chassis.errors import NotFound, PermissionDenied, Unprocessable

USES = ("data", "compute")


class CloudCredential(Aggregate):
    """A credential at a cloud provider: a person's (``owner_id``) or a workspace's. What it says is sealed, version by version."""

    TOPIC = "vault.cloud_credential"

    class Created(Aggregate.Created):
        TOPIC = "vault.cloud_credential.added"
        owner_id: UUID | None
        workspace_id: UUID | None
        added_by: UUID
        provider: str
        name: Personal
        uses: list[str]
        shown: Personal
        sealed_version: int

    class Changed(Aggregate.Event):
        TOPIC = "vault.cloud_credential.changed"
        owner_id: UUID | None
        workspace_id: UUID | None
        name: Personal
        uses: list[str]
        shown: Personal
        sealed_version: int

    class Deleted(Aggregate.Event):
        TOPIC = "vault.cloud_credential.deleted"
        owner_id: UUID | None
        workspace_id: UUID | None

    @event(Created)
    def __init__(
        self,
        owner_id: UUID | None,
        workspace_id: UUID | None,
        added_by: UUID,
        provider: str,
        name: Personal,
        uses: list[str],
        shown: Personal,
        sealed_version: int,
    ) -> None:
        self.owner_id, self.workspace_id, self.added_by = owner_id, workspace_id, added_by
        self.provider, self.name, self.uses, self.shown = provider, name, uses, shown
        self.sealed_version = sealed_version
        self.deleted = False

    def check_holder(self, owner_id: UUID | None, workspace_id: UUID | None) -> None:
        """Raises NotFound for who does not hold it: others must not learn that it is there."""
        if self.deleted or (self.owner_id, self.workspace_id) != (owner_id, workspace_id):
            raise NotFound("cloud_credential_not_found", "there is no cloud credential with this id")

    def check_provider(self, provider: str) -> None:
        if provider != self.provider:
            raise Unprocessable(
                "invalid_fields", "add another credential instead", {"provider": [f"This is a credential of {self.provider}."]}
            )

    def check_use(self, use: str) -> None:
        if use not in self.uses:
            raise PermissionDenied("use_not_bound", f"this credential is not bound to the use {use}: change its uses first")

    def change(self, name: Personal, uses: list[str], shown: Personal, sealed_version: int) -> None:
        self._changed(self.owner_id, self.workspace_id, name, uses, shown, sealed_version)

    def delete(self) -> None:
        self._deleted(self.owner_id, self.workspace_id)

    @event(Changed)
    def _changed(
        self, owner_id: UUID | None, workspace_id: UUID | None, name: Personal, uses: list[str], shown: Personal, sealed_version: int
    ) -> None:
        self.name, self.uses, self.shown, self.sealed_version = name, uses, shown, sealed_version

    @event(Deleted)
    def _deleted(self, owner_id: UUID | None, workspace_id: UUID | None) -> None:
        self.deleted = True
