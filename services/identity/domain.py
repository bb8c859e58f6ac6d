"""Accounts, the addresses and usernames they hold, their sessions, and the installation itself."""

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from services.chassis.domain import Aggregate, Personal, event
from services.chassis.errors import Conflict, NotFound


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

    @event(Verified)
    def _verified(self, account_id: UUID) -> None:
        self.verified = True

    @event(Released)
    def _released(self, account_id: UUID) -> None:
        self.account_id, self.address, self.verified = None, None, False


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


class Session(Aggregate):
    """A sign-in that lasts. It also ends with its account, without an event of its own."""

    TOPIC = "identity.session"

    class Created(Aggregate.Created):
        TOPIC = "identity.session.started"
        account_id: UUID
        digest: str
        expires_at: datetime

    class Ended(Aggregate.Event):
        TOPIC = "identity.session.ended"
        account_id: UUID

    @event(Created)
    def __init__(self, account_id: UUID, digest: str, expires_at: datetime) -> None:
        self.account_id, self.digest, self.expires_at = account_id, digest, expires_at
        self.ended = False

    def end(self, account_id: UUID) -> None:
        """A repeat changes nothing."""
        if self.account_id != account_id:
            raise NotFound("session_not_found", "there is no session with this id")
        if not self.ended:
            self._ended(account_id=account_id)

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


class Installation(Aggregate):
    """There is one. Who claims it becomes its operator; of two who try at once the store refuses one."""

    TOPIC = "identity.installation"

    class Created(Aggregate.Created):
        TOPIC = "identity.installation.claimed"
        account_id: UUID

    @event(Created)
    def __init__(self, account_id: UUID) -> None:
        self.account_id = account_id

    @staticmethod
    def create_id() -> UUID:
        return uuid5(NAMESPACE_URL, "/identity/installation")
