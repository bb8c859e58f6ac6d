"""Addresses, whoever holds them."""

from datetime import datetime
from uuid import UUID

from services.chassis.domain import Aggregate, Personal, event
from services.chassis.errors import Conflict, NotFound


class EmailAddress(Aggregate):
    """One address, whoever holds it. Its stream's id derives from the address: the store itself refuses a second holder."""

    TOPIC = "identity.email"

    class Created(Aggregate.Created):
        TOPIC = "identity.email.opened"

    class Claimed(Aggregate.Event):
        TOPIC = "identity.email.claimed"
        account_id: UUID
        address: Personal
        expires_at: datetime

    class Renewed(Aggregate.Event):
        TOPIC = "identity.email.verification_renewed"
        account_id: UUID
        expires_at: datetime

    class Verified(Aggregate.Event):
        TOPIC = "identity.email.verified"
        account_id: UUID

    class Released(Aggregate.Event):
        TOPIC = "identity.email.released"
        account_id: UUID

    @event(Created)
    def __init__(self, id: UUID) -> None:
        self.account_id: UUID | None = None
        self.address: Personal | None = None
        self.verified = False
        self.round = 0
        self.expires_at: datetime | None = None

    def lapsed(self, now: datetime) -> bool:
        """Claimed, and the time to prove it is over: the next who claims it gets it."""
        return self.account_id is not None and not self.verified and self.expires_at is not None and now >= self.expires_at

    def claim(self, account_id: UUID, address: str, expires_at: datetime) -> None:
        """Hold it for ``account_id`` until ``expires_at``, and for good once verified."""
        if self.account_id is not None:
            raise Conflict("email_taken", "an account with this address exists: sign in, or use another address")
        self._claimed(account_id=account_id, address=Personal(account_id, address), expires_at=expires_at)

    def renew(self, account_id: UUID, expires_at: datetime) -> None:
        """Another link, and more time; the links before it are dead."""
        if self.account_id != account_id:
            raise NotFound("email_not_found", "this account has no address with this id")
        if self.verified:
            raise Conflict("email_verified", "this address is verified already")
        self._renewed(account_id=account_id, expires_at=expires_at)

    def verify(self, round: int, now: datetime) -> None:
        if self.account_id is None or round != self.round:
            raise NotFound("verification_not_found", "this link is no longer in use")
        if self.verified:
            raise Conflict("verification_used", "this address is verified already: sign in")
        if self.lapsed(now):
            raise Conflict("verification_expired", "this link came too late: sign up again")
        self._verified(account_id=self.account_id)

    def release(self, account_id: UUID) -> None:
        """Free for anybody again; nothing happens if the account does not hold it."""
        if self.account_id == account_id:
            self._released(account_id=account_id)

    @event(Claimed)
    def _claimed(self, account_id: UUID, address: Personal, expires_at: datetime) -> None:
        self.account_id, self.address, self.expires_at = account_id, address, expires_at
        self.verified = False
        # Links of former claims name a former round, so they are dead.
        self.round += 1

    @event(Renewed)
    def _renewed(self, account_id: UUID, expires_at: datetime) -> None:
        self.round += 1
        self.expires_at = expires_at

    @event(Verified)
    def _verified(self, account_id: UUID) -> None:
        self.verified = True

    @event(Released)
    def _released(self, account_id: UUID) -> None:
        self.account_id, self.address, self.verified = None, None, False
