"""People."""

from uuid import UUID

from services.chassis.domain import Aggregate, Personal, event
from services.chassis.errors import NotFound


class Account(Aggregate):
    """One person. Whether an address is verified is the address's own affair."""

    TOPIC = "identity.account"

    class Created(Aggregate.Created):
        TOPIC = "identity.account.registered"
        username: Personal
        first_name: Personal
        last_name: Personal
        address_ids: list[UUID]
        # Personal too: a digest, but one that a weak password can be guessed from, so it goes with the person's key.
        password_hash: Personal
        operator: bool

    class PasswordRehashed(Aggregate.Event):
        TOPIC = "identity.account.password_rehashed"
        password_hash: Personal

    class Erased(Aggregate.Event):
        TOPIC = "identity.account.erased"
        address_ids: list[UUID]

    @event(Created)
    def __init__(
        self,
        id: UUID,
        username: Personal,
        first_name: Personal,
        last_name: Personal,
        address_ids: list[UUID],
        password_hash: Personal,
        operator: bool,
    ) -> None:
        self.username, self.first_name, self.last_name = username, first_name, last_name
        self.address_ids, self.primary_id = address_ids, address_ids[0]
        self.password_hash, self.operator = password_hash, operator
        self.erased = False

    def rehash(self, password_hash: str) -> None:
        """The same password, under newer parameters."""
        self._rehashed(password_hash=Personal(self.id, password_hash))

    def erase(self, proved: list[UUID]) -> None:
        """``proved`` are its verified addresses: others may belong to somebody else, whom nobody is to forget."""
        if self.erased:
            raise NotFound("account_not_found", "this account was erased")
        self._erased(address_ids=proved)

    @event(PasswordRehashed)
    def _rehashed(self, password_hash: Personal) -> None:
        self.password_hash = password_hash

    @event(Erased)
    def _erased(self, address_ids: list[UUID]) -> None:
        self.erased = True
