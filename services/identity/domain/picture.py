"""Pictures of persons, apart from their accounts: those are read at every sign-in."""

from uuid import UUID, uuid5

from services.chassis.domain import Aggregate, Personal, event


class Picture(Aggregate):
    """The picture of one account; that there is one, and which, is told by the account's own events."""

    TOPIC = "identity.picture"

    class Created(Aggregate.Created):
        TOPIC = "identity.picture.opened"
        account_id: UUID

    class Replaced(Aggregate.Event):
        TOPIC = "identity.picture.replaced"
        account_id: UUID
        # Base64: events hold no bytes.
        image: Personal

    class Removed(Aggregate.Event):
        TOPIC = "identity.picture.removed"
        account_id: UUID

    @event(Created)
    def __init__(self, account_id: UUID) -> None:
        self.account_id = account_id

    @staticmethod
    def create_id(account_id: UUID) -> UUID:
        return uuid5(account_id, "picture")

    def replace(self, image: str) -> None:
        self._replaced(account_id=self.account_id, image=Personal(self.account_id, image))

    def remove(self) -> None:
        self._removed(account_id=self.account_id)

    @event(Replaced)
    def _replaced(self, account_id: UUID, image: Personal) -> None:
        pass

    @event(Removed)
    def _removed(self, account_id: UUID) -> None:
        pass
