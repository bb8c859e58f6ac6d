from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.domain import Aggregate, event
from services.chassis.errors import Conflict
from services.workspaces.domain.invitation import Status


class OpenLink(Aggregate):
    """A link that lets in whoever has it: so many times, until a day. It holds no seat; there may be none left for the next one."""

    TOPIC = "workspaces.open_link"

    class Created(Aggregate.Created):
        TOPIC = "workspaces.open_link.created"
        workspace_id: UUID
        workspace_version: int
        role: str
        invited_by: UUID
        max_uses: int
        expires_at: datetime
        groups: Sequence[UUID] = ()

    class Used(Aggregate.Event):
        TOPIC = "workspaces.open_link.used"
        account_id: UUID

    class Withdrawn(Aggregate.Event):
        TOPIC = "workspaces.open_link.withdrawn"
        workspace_id: UUID

    @event(Created)
    def __init__(
        self,
        workspace_id: UUID,
        workspace_version: int,
        role: str,
        invited_by: UUID,
        max_uses: int,
        expires_at: datetime,
        groups: Sequence[UUID] = (),
    ) -> None:
        # Whoever went from the workspace after that version cannot come back with this link.
        self.workspace_id, self.workspace_version = workspace_id, workspace_version
        self.role, self.invited_by, self.max_uses, self.expires_at = role, invited_by, max_uses, expires_at
        self.groups = groups
        self.uses = 0
        self.withdrawn = False

    def status(self, now: datetime) -> Status:
        if self.withdrawn:
            return Status.WITHDRAWN
        if self.uses >= self.max_uses:
            return Status.ACCEPTED
        return Status.EXPIRED if now >= self.expires_at else Status.PENDING

    def use(self, account_id: UUID, now: datetime) -> None:
        status = self.status(now)
        if status is Status.ACCEPTED:
            raise Conflict("invitation_used_up", "this link has let in as many as it was made for: ask for a new one")
        if status is not Status.PENDING:
            raise Conflict(f"invitation_{status.value}", "ask for a new invitation")
        self._used(account_id=account_id)

    def withdraw(self) -> None:
        """A repeat changes nothing; one that opens nothing any more may be withdrawn too."""
        if not self.withdrawn:
            self._withdrawn(workspace_id=self.workspace_id)

    @event(Used)
    def _used(self, account_id: UUID) -> None:
        self.uses += 1

    @event(Withdrawn)
    def _withdrawn(self, workspace_id: UUID) -> None:
        self.withdrawn = True
