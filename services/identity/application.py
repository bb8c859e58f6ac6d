"""The use cases of identity."""

import secrets
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, TypeVar
from uuid import UUID, uuid4

from services.chassis import addresses
from services.chassis.application import Application
from services.chassis.domain import Personal
from services.chassis.errors import NotFound, PermissionDenied, Unauthenticated, Unprocessable
from services.identity import passwords, usernames
from services.identity.attempts import Attempts
from services.identity.domain import Account, EmailAddress, Installation, Session, SignIn, Username
from services.identity.events import PUBLIC
from services.identity.projections import AccountsProjection, SessionsProjection
from services.identity.views import IdentityViews

Answer = dict[str, Any]
Held = TypeVar("Held", EmailAddress, Username)


@dataclass(frozen=True)
class Letter:
    """What a mail with a link that verifies an address needs."""

    address: str
    token: str
    expires_at: datetime


@dataclass(frozen=True)
class Claimant:
    """Who somebody that signs in claims to be. ``proved``: the address named, or any if a username was, is verified."""

    named_id: UUID
    address_id: UUID | None
    account: Account | None
    proved: bool


class Identity(Application):
    name = "identity"
    projections = (AccountsProjection, SessionsProjection)
    public = PUBLIC
    views: IdentityViews

    def setup(self) -> None:
        self.attempts = Attempts(self.settings, self.db)
        if self.db:
            self.views = IdentityViews(self.db)

    def register_account(
        self,
        *,
        email: str,
        password: str,
        now: datetime,
        first_name: str = "",
        last_name: str = "",
        username: str | None = None,
        setup_token: str | None = None,
    ) -> Answer:
        """That an address has an account already is told to whoever asks: nobody could sign up otherwise."""
        first, id = self._is_first(setup_token), uuid4()
        username = username or self._free_username(email)
        passwords.check(password, [username, email.rpartition("@")[0]])
        address = self._claimed(email, id, now)
        holder = self._opened(Username, self._username_id(username))
        holder.take(id)
        if first:
            address.verify(address.round, now)
        account = Account(
            id=id,
            username=Personal(id, username),
            first_name=Personal(id, first_name),
            last_name=Personal(id, last_name),
            address_ids=[address.id],
            password_hash=Personal(id, passwords.hash(password)),
            operator=first,
        )
        self.save(account, address, holder, Installation(account_id=id) if first else None)
        return _described(account, [address])

    def verification(self, account_id: UUID, address_id: UUID) -> Letter | None:
        """None once there is nothing to verify: done already, or the account or its claim is gone."""
        held = self.find(EmailAddress, address_id)
        if held is None or held.account_id != account_id or held.verified or held.address is None or held.expires_at is None:
            return None
        return Letter(held.address.value, self._verification_token(held.id, held.round), held.expires_at) if held.address.value else None

    def verify_email(self, *, token: str, now: datetime) -> Answer:
        address, round = self._verifiable(token)
        address.verify(round, now)
        account = self._account(address.account_id)
        self.save(address)
        return _described_address(account, address)

    def start_session(self, *, password: str, now: datetime, email: str | None = None, username: str | None = None) -> Answer:
        claimant = self._claimant(email, username)
        account = claimant.account
        with self.attempts.counted(claimant.named_id, now):
            right = passwords.verify(account.password_hash.value if account else None, password)
            if account is None or not right or not claimant.proved:
                # One answer for every reason: none of them may tell whether the account exists.
                self.save(SignIn(address_id=claimant.address_id, account_id=account.id if account else None))
                raise Unauthenticated("credentials_invalid", "wrong address or password, or the address is not verified yet")
        token = f"gs_{secrets.token_urlsafe(32)}"
        expires_at = now + timedelta(hours=self.settings.session_hours)
        session = Session(account_id=account.id, digest=self.keys.digest("session", token), expires_at=expires_at)
        if passwords.outdated(account.password_hash.value):
            account.rehash(passwords.hash(password))
        self.save(session, account)
        return {"token": token, "session": session, "account": _described(account, self._addresses(account))}

    def end_session(self, *, account_id: UUID, session_id: UUID) -> None:
        session = self.load(Session, session_id)
        session.end(account_id)
        self.save(session)

    def erase_account(self, *, account_id: UUID, password: str, confirm: str, now: datetime) -> None:
        account = self._account(account_id)
        if usernames.key(confirm) != usernames.key(account.username.value):
            raise Unprocessable("confirmation_wrong", "confirm with the account's username", {"confirm": ["Not the account's username."]})
        with self.attempts.counted(account.id, now):
            if not passwords.verify(account.password_hash.value, password):
                raise PermissionDenied("password_invalid", "this is not the account's password")
        self._erase(account)

    def _is_first(self, setup_token: str | None) -> bool:
        """Whether this sign-up founds the installation, for which it needs the setup token."""
        if self.find(Installation, Installation.create_id()) is not None:
            if setup_token is not None:
                raise PermissionDenied("setup_token_used", "the setup token works once: sign up without it")
            return False
        if setup_token is None:
            raise PermissionDenied("setup_token_required", "the first account of an installation is made with its setup token")
        if not self.settings.setup_token or not compare_digest(setup_token.encode(), self.settings.setup_token.encode()):
            raise PermissionDenied("setup_token_invalid", "this is not the setup token of this installation")
        return True

    def _claimed(self, email: str, account_id: UUID, now: datetime) -> EmailAddress:
        address = self._opened(EmailAddress, self._address_id(email))
        if address.lapsed(now) and address.account_id is not None:
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
        else:
            address.release(former.id)
            self.save(address)

    def _erase(self, account: Account) -> None:
        username = self.load(Username, self._username_id(account.username.value))
        held = self._addresses(account)
        account.erase([address.id for address in held if address.verified])
        username.release(account.id)
        for address in held:
            address.release(account.id)
        with self.db.transaction() if self.db else nullcontext():
            self.save(account, username, *held)
            self.forget(account.id)

    def _claimant(self, email: str | None, username: str | None) -> Claimant:
        if email is not None:
            id = self._address_id(email)
            address = self.find(EmailAddress, id)
            account = self.load(Account, address.account_id) if address and address.account_id else None
            return Claimant(account.id if account else id, id, account, bool(address and address.verified))
        id = self._username_id(username or "")
        holder = self.find(Username, id)
        account = self.load(Account, holder.account_id) if holder and holder.account_id else None
        proved = account is not None and any(address.verified for address in self._addresses(account))
        return Claimant(account.id if account else id, None, account, proved)

    def _account(self, id: UUID | None) -> Account:
        account = self.load(Account, id) if id else None
        if account is None or account.erased:
            raise NotFound("account_not_found", "there is no account with this id")
        return account

    def _addresses(self, account: Account) -> list[EmailAddress]:
        """Those that the account still holds."""
        return [held for id in account.address_ids if (held := self.load(EmailAddress, id)).account_id == account.id]

    def _opened(self, kind: type[Held], id: UUID) -> Held:
        return self.find(kind, id) or kind(id=id)

    def _free_username(self, email: str) -> str:
        return next(name for name in usernames.suggestions(email) if self._is_free(name))

    def _is_free(self, username: str) -> bool:
        holder = self.find(Username, self._username_id(username))
        return holder is None or holder.account_id is None

    def _address_id(self, email: str) -> UUID:
        return self.keys.blind_id("email", addresses.normalise(email))

    def _username_id(self, username: str) -> UUID:
        return self.keys.blind_id("username", usernames.key(username))

    def _verification_token(self, address_id: UUID, round: int) -> str:
        return f"{address_id.hex}.{round}.{self.keys.sign('verify-email', address_id.hex, str(round))}"

    def _verifiable(self, token: str) -> tuple[EmailAddress, int]:
        """The address and the round that a genuine token names."""
        id, _, rest = token.partition(".")
        round, _, signature = rest.partition(".")
        if not compare_digest(signature.encode(), self.keys.sign("verify-email", id, round).encode()):
            raise NotFound("verification_not_found", "this link is not complete, or not from here")
        return self.load(EmailAddress, UUID(id)), int(round)


def _described(account: Account, held: list[EmailAddress]) -> Answer:
    return {
        "id": account.id,
        "username": account.username.value,
        "first_name": account.first_name.value,
        "last_name": account.last_name.value,
        "emails": [_described_address(account, address) for address in held],
        "operator": account.operator,
        "created_at": account.created_on,
    }


def _described_address(account: Account, address: EmailAddress) -> Answer:
    return {
        "id": address.id,
        "address": address.address.value if address.address else None,
        "verified": address.verified,
        "primary": address.id == account.primary_id,
    }
