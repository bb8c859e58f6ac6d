from datetime import datetime
from uuid import UUID

from services.chassis.domain import Aggregate, event
from services.chassis.errors import Conflict


class SecretLink(Aggregate):
    """A link that hands a cloud credential over, once."""

    TOPIC = "vault.secret_link"

    class Created(Aggregate.Created):
        TOPIC = "vault.secret_link.created"
        credential_id: UUID
        owner_id: UUID | None
        workspace_id: UUID | None
        made_by: UUID
        use: str
        expires_at: datetime

    class Opened(Aggregate.Event):
        TOPIC = "vault.secret_link.opened"
        credential_id: UUID
        workspace_id: UUID | None
        made_by: UUID

    class Reopened(Aggregate.Event):
        TOPIC = "vault.secret_link.reopened"
        credential_id: UUID
        workspace_id: UUID | None
        made_by: UUID

    @event(Created)
    def __init__(
        self, credential_id: UUID, owner_id: UUID | None, workspace_id: UUID | None, made_by: UUID, use: str, expires_at: datetime
    ) -> None:
        self.credential_id, self.owner_id, self.workspace_id = credential_id, owner_id, workspace_id
        self.made_by, self.use, self.expires_at = made_by, use, expires_at
        self.openings = 0

    def open(self, now: datetime) -> bool:
        """False if it was opened before: then somebody has a link that is not theirs, which is on record from now on."""
        if self.openings:
            self._reopened(self.credential_id, self.workspace_id, self.made_by)
            return False
        if now >= self.expires_at:
            raise Conflict("secret_link_expired", "ask whoever sent it for a new one")
        self._opened(self.credential_id, self.workspace_id, self.made_by)
        return True

    @event(Opened)
    def _opened(self, credential_id: UUID, workspace_id: UUID | None, made_by: UUID) -> None:
        self.openings += 1

    @event(Reopened)
    def _reopened(self, credential_id: UUID, workspace_id: UUID | None, made_by: UUID) -> None:
        self.openings += 1
