from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from services.chassis import addresses
from services.chassis.application import Application
from services.chassis.domain import Aggregate
from services.chassis.errors import LimitExceeded, NotFound, PermissionDenied, ServiceError
from services.identity import passwords, usernames
from services.identity.attempts import Attempts, Mails
from services.identity.credential_projections import ApprovalsProjection, KeyPairsProjection, TokensProjection
from services.identity.domain import Account, EmailAddress, Picture, Refusal, Username
from services.identity.events import PUBLIC
from services.identity.projections import AccountsProjection, PicturesProjection, SessionsProjection
from services.identity.views import IdentityViews

Answer = dict[str, Any]
Held = TypeVar("Held", EmailAddress, Username)


@dataclass(frozen=True)
class Letter:
    """What a mail with a link needs."""

    address: str
    token: str
    expires_at: datetime
    username: str


class Shared(Application):
    """What all use cases of this service stand on."""

    projections = (
        AccountsProjection,
        PicturesProjection,
        SessionsProjection,
        TokensProjection,
        KeyPairsProjection,
        ApprovalsProjection,
    )
    public = PUBLIC
    views: IdentityViews

    def setup(self) -> None:
        self.attempts = Attempts(self.settings, self.db)
        self.mails = Mails(self.settings, self.db)
        if self.db:
            self.views = IdentityViews(self.db)

    def revocable(self, account_id: UUID) -> list[Aggregate]:
        """Every credential of the account beside its sessions, revoked but not saved: what revokes them saves them with itself."""
        return []

    def _account(self, id: UUID | None) -> Account:
        account = self.load(Account, id) if id else None
        if account is None or account.erased:
            raise NotFound("account_not_found", "there is no account with this id")
        return account

    def _check_password(self, account: Account, password: str, now: datetime) -> None:
        with self._recorded(account.id), self.attempts.counted(account.id, now):
            if not passwords.verify(account.password_hash.value, password):
                raise PermissionDenied("password_invalid", "this is not the account's password")

    @contextmanager
    def _recorded(self, account_id: UUID) -> Iterator[None]:
        """Keeps on record what is refused inside, but for floods."""
        try:
            yield
        except LimitExceeded:
            raise
        except ServiceError as error:
            self.save(Refusal(account_id=account_id, code=error.code))
            raise

    def _addresses(self, account: Account) -> list[EmailAddress]:
        """Those that the account still holds."""
        return [held for id in account.address_ids if (held := self.load(EmailAddress, id)).account_id == account.id]

    def _opened(self, kind: type[Held], id: UUID) -> Held:
        return self.find(kind, id) or kind(id=id)

    def _address_id(self, email: str) -> UUID:
        return self.keys.blind_id("email", addresses.normalise(email))

    def _username_id(self, username: str) -> UUID:
        return self.keys.blind_id("username", usernames.key(username))

    def _claimed(self, email: str, account_id: UUID, now: datetime) -> EmailAddress:
        address = self._opened(EmailAddress, self._address_id(email))
        if address.lapsed(now) and address.account_id not in (None, account_id):
            self._make_way(address, self.load(Account, address.account_id))
            address = self.load(EmailAddress, address.id)
        address.claim(account_id, email, now + timedelta(hours=self.settings.verification_hours))
        return address

    def _make_way(self, address: EmailAddress, former: Account) -> None:
        """Who did not prove the address in time loses it, and with it an account that has no other.

        Otherwise anybody could keep the true owner of an address out by signing up with it first.
        """
        if former.address_ids == [address.id]:
            self._erase(former)
            return
        if address.id != former.primary_id:
            former.remove_address(address.id)
        address.release(former.id)
        self.save(former, address)

    def _erase(self, account: Account) -> None:
        username = self.load(Username, self._username_id(account.username.value))
        held = self._addresses(account)
        account.erase([address.id for address in held if address.verified])
        username.release(account.id)
        for address in held:
            address.release(account.id)
        if picture := self.find(Picture, Picture.create_id(account.id)):
            picture.remove()
        with self.db.transaction() if self.db else nullcontext():
            self.save(account, username, *held, picture, *self.revocable(account.id))
            self.forget(account.id)


def described(account: Account, held: list[EmailAddress]) -> Answer:
    return {
        "id": account.id,
        "username": account.username.value,
        "first_name": account.first_name.value,
        "last_name": account.last_name.value,
        "picture_url": f"/v1/accounts/{account.id}/picture?v={account.picture}" if account.picture else None,
        "emails": [described_address(account, address) for address in held],
        "operator": account.operator,
        "created_at": account.created_on,
    }


def described_address(account: Account, address: EmailAddress) -> Answer:
    return {
        "id": address.id,
        "address": address.address.value if address.address else None,
        "verified": address.verified,
        "primary": address.id == account.primary_id,
    }
