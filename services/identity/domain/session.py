"""Sign-ins: those that last and those that were refused."""

from datetime import datetime
from uuid import UUID

from services.chassis.domain import Aggregate, event
from services.chassis.errors import NotFound


class Session(Aggregate):
    """A sign-in that lasts. It also ends with its account, without an event of its own."""

    TOPIC = "identity.session"

    class Created(Aggregate.Created):
        TOPIC = "identity.session.started"
        account_id: UUID
        digest: str
        expires_at: datetime
        epoch: int = 0
        started_at: datetime | None = None

    class WorkspaceSwitched(Aggregate.Event):
        TOPIC = "identity.session.workspace_switched"
        account_id: UUID
        workspace_id: UUID

    class Ended(Aggregate.Event):
        TOPIC = "identity.session.ended"
        account_id: UUID

    @event(Created)
    def __init__(self, account_id: UUID, digest: str, expires_at: datetime, epoch: int = 0, started_at: datetime | None = None) -> None:
        self.account_id, self.digest, self.expires_at = account_id, digest, expires_at
        self.epoch, self.started_at = epoch, started_at
        self.ended = False
        # Where the account works in this session; None: in its personal workspace.
        self.workspace_id: UUID | None = None

    def switch(self, account_id: UUID, workspace_id: UUID) -> None:
        """Whoever asks knows that the account belongs there; whether it still does is judged wherever that matters."""
        if self.account_id != account_id or self.ended:
            raise NotFound("session_not_found", "there is no session with this id")
        if self.workspace_id != workspace_id:
            self._workspace_switched(account_id=account_id, workspace_id=workspace_id)

    def fresh(self, since: datetime) -> bool:
        return not self.ended and self.started_at is not None and self.started_at >= since

    def end(self, account_id: UUID) -> None:
        """A repeat changes nothing."""
        if self.account_id != account_id:
            raise NotFound("session_not_found", "there is no session with this id")
        if not self.ended:
            self._ended(account_id=account_id)

    @event(WorkspaceSwitched)
    def _workspace_switched(self, account_id: UUID, workspace_id: UUID) -> None:
        self.workspace_id = workspace_id

    @event(Ended)
    def _ended(self, account_id: UUID) -> None:
        self.ended = True


class SignIn(Aggregate):
    """One refused attempt to sign in. Each has a stream of its own, so that a flood of them waits for nobody."""

    TOPIC = "identity.sign_in"

    class Created(Aggregate.Created):
        TOPIC = "identity.session.refused"
        address_id: UUID | None
        account_id: UUID | None

    @event(Created)
    def __init__(self, address_id: UUID | None, account_id: UUID | None) -> None:
        self.address_id, self.account_id = address_id, account_id
