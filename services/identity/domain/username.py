"""Usernames, whoever holds them."""

from uuid import UUID

from services.chassis.domain import Aggregate, event
from services.chassis.errors import Conflict


class Username(Aggregate):
    """One username, whoever holds it; its stream's id derives from the name in lower case."""

    TOPIC = "identity.username"

    class Created(Aggregate.Created):
        TOPIC = "identity.username.opened"

    class Taken(Aggregate.Event):
        TOPIC = "identity.username.taken"
        account_id: UUID

    class Released(Aggregate.Event):
        TOPIC = "identity.username.released"
        account_id: UUID

    @event(Created)
    def __init__(self, id: UUID) -> None:
        self.account_id: UUID | None = None

    def take(self, account_id: UUID) -> None:
        if self.account_id is not None:
            raise Conflict("username_taken", "choose another username")
        self._taken(account_id=account_id)

    def release(self, account_id: UUID) -> None:
        """Free for anybody again; nothing happens if the account does not hold it."""
        if self.account_id == account_id:
            self._released(account_id=account_id)

    @event(Taken)
    def _taken(self, account_id: UUID) -> None:
        self.account_id = account_id

    @event(Released)
    def _released(self, account_id: UUID) -> None:
        self.account_id = None
