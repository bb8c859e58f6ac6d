"""People."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.chassis.domain import Aggregate, Personal, event
from services.chassis.errors import Conflict, NotFound

NAMES = ("first_name", "last_name", "username")


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

    class ProfileChanged(Aggregate.Event):
        TOPIC = "identity.account.profile_changed"
        field: str
        old: Personal
        new: Personal

    class PictureChanged(Aggregate.Event):
        TOPIC = "identity.account.picture_changed"
        version: str | None

    class PreferencesChanged(Aggregate.Event):
        TOPIC = "identity.account.preferences_changed"
        names: list[str]
        # How many arguments are hidden from now on: that somebody hides none any more is worth a line in the journal.
        hidden_arguments: int
        preferences: Personal

    class AddressAdded(Aggregate.Event):
        TOPIC = "identity.email.added"
        address_id: UUID

    class AddressRemoved(Aggregate.Event):
        TOPIC = "identity.email.removed"
        address_id: UUID

    class PrimaryChanged(Aggregate.Event):
        TOPIC = "identity.account.primary_changed"
        address_id: UUID
        former_address_id: UUID

    class PasswordRehashed(Aggregate.Event):
        TOPIC = "identity.account.password_rehashed"
        password_hash: Personal

    class PasswordChanged(Aggregate.Event):
        TOPIC = "identity.password.changed"
        password_hash: Personal
        epoch: int
        reset: bool
        kept_session_id: UUID | None
        credentials_revoked: bool

    class ResetOffered(Aggregate.Event):
        TOPIC = "identity.password.reset_offered"
        address_id: UUID
        expires_at: datetime

    class OperatorGranted(Aggregate.Event):
        TOPIC = "identity.account.operator_granted"

    class OperatorRevoked(Aggregate.Event):
        TOPIC = "identity.account.operator_revoked"

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
        self.picture: str | None = None
        self.preferences: Personal | None = None
        # Sessions are good for the password under which they began, so its change ends them without an event for each.
        self.epoch = 0
        self.kept_session_id: UUID | None = None
        # Likewise tokens and key pairs: those made before everything was revoked are dead, also one that was being made meanwhile.
        self.credential_epoch = 0
        self.reset_round = 0
        self.reset_address_id: UUID | None = None
        self.reset_expires_at: datetime | None = None
        self.erased = False

    def change_profile(self, **names: str) -> None:
        """One event for each name that differs; none for the others."""
        for field, value in names.items():
            if (old := getattr(self, field)).value != value:
                self._profile_changed(field=field, old=old, new=Personal(self.id, value))

    def change_picture(self, version: str | None) -> None:
        if version != self.picture:
            self._picture_changed(version=version)

    def change_preferences(self, preferences: dict[str, Any], names: list[str], hidden_arguments: int) -> None:
        self._preferences_changed(names=names, hidden_arguments=hidden_arguments, preferences=Personal(self.id, preferences))

    def add_address(self, address_id: UUID, most: int) -> None:
        if len(self.address_ids) >= most:
            raise Conflict("too_many_addresses", f"an account has at most {most} addresses: delete one first")
        self._address_added(address_id=address_id)

    def remove_address(self, address_id: UUID) -> None:
        if address_id not in self.address_ids:
            raise NotFound("email_not_found", "this account has no address with this id")
        if address_id == self.primary_id:
            raise Conflict("primary_address", "make another address the primary one first")
        self._address_removed(address_id=address_id)

    def make_primary(self, address_id: UUID) -> None:
        """A repeat changes nothing. That the address is verified is asked of the address before."""
        if address_id != self.primary_id:
            self._primary_changed(address_id=address_id, former_address_id=self.primary_id)

    def rehash(self, password_hash: str) -> None:
        """The same password, under newer parameters."""
        self._rehashed(password_hash=Personal(self.id, password_hash))

    def change_password(
        self, password_hash: str, *, reset: bool = False, kept_session_id: UUID | None = None, credentials_revoked: bool = False
    ) -> None:
        """Ends every session but ``kept_session_id``, and every link that resets the password."""
        self._password_changed(
            password_hash=Personal(self.id, password_hash),
            epoch=self.epoch + 1,
            reset=reset,
            kept_session_id=kept_session_id,
            credentials_revoked=credentials_revoked,
        )

    def offer_reset(self, address_id: UUID, expires_at: datetime) -> None:
        """Links of former offers are dead from now on."""
        self._reset_offered(address_id=address_id, expires_at=expires_at)

    def check_reset(self, round: int, now: datetime) -> None:
        if round != self.reset_round:
            raise Conflict("reset_superseded", "there is a newer link: use that, or ask for another")
        if self.reset_expires_at is None:
            raise Conflict("reset_used", "this link was used, or the password has changed since: ask for another")
        if now >= self.reset_expires_at:
            raise Conflict("reset_expired", "this link came too late: ask for another")

    def admits(self, session_id: UUID, epoch: int) -> bool:
        """Whether a session that began in ``epoch`` is still good."""
        return not self.erased and (epoch == self.epoch or session_id == self.kept_session_id)

    def grant_operator(self) -> None:
        if not self.operator:
            self._operator_granted()

    def revoke_operator(self) -> None:
        if self.operator:
            self._operator_revoked()

    def believes(self, credential_epoch: int | None) -> bool:
        """Whether a token or key pair made in that epoch may be good. None: it is older than epochs are, and goes by its own events."""
        return not self.erased and credential_epoch in (None, self.credential_epoch)

    def erase(self, proved: list[UUID]) -> None:
        """``proved`` are its verified addresses: others may belong to somebody else, whom nobody is to forget."""
        if self.erased:
            raise NotFound("account_not_found", "this account was erased")
        self._erased(address_ids=proved)

    @event(ProfileChanged)
    def _profile_changed(self, field: str, old: Personal, new: Personal) -> None:
        setattr(self, field, new)

    @event(PictureChanged)
    def _picture_changed(self, version: str | None) -> None:
        self.picture = version

    @event(PreferencesChanged)
    def _preferences_changed(self, names: list[str], hidden_arguments: int, preferences: Personal) -> None:
        self.preferences = preferences

    @event(AddressAdded)
    def _address_added(self, address_id: UUID) -> None:
        self.address_ids = [*self.address_ids, address_id]

    @event(AddressRemoved)
    def _address_removed(self, address_id: UUID) -> None:
        self.address_ids = [id for id in self.address_ids if id != address_id]
        if address_id == self.reset_address_id:
            self.reset_expires_at = None

    @event(PrimaryChanged)
    def _primary_changed(self, address_id: UUID, former_address_id: UUID) -> None:
        self.primary_id = address_id

    @event(PasswordRehashed)
    def _rehashed(self, password_hash: Personal) -> None:
        self.password_hash = password_hash

    @event(PasswordChanged)
    def _password_changed(
        self, password_hash: Personal, epoch: int, reset: bool, kept_session_id: UUID | None, credentials_revoked: bool
    ) -> None:
        self.password_hash, self.epoch, self.kept_session_id = password_hash, epoch, kept_session_id
        if credentials_revoked:
            self.credential_epoch = epoch
        self.reset_expires_at = None

    @event(ResetOffered)
    def _reset_offered(self, address_id: UUID, expires_at: datetime) -> None:
        self.reset_round += 1
        self.reset_address_id, self.reset_expires_at = address_id, expires_at

    @event(OperatorGranted)
    def _operator_granted(self) -> None:
        self.operator = True

    @event(OperatorRevoked)
    def _operator_revoked(self) -> None:
        self.operator = False

    @event(Erased)
    def _erased(self, address_ids: list[UUID]) -> None:
        self.erased = True
