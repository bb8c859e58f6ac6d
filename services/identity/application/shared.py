from contextlib import nullcontext
from typing import Any, TypeVar
from uuid import UUID

from services.chassis import addresses
from services.chassis.application import Application
from services.chassis.errors import NotFound
from services.identity import usernames
from services.identity.attempts import Attempts
from services.identity.credential_projections import ApprovalsProjection, KeyPairsProjection, TokensProjection
from services.identity.domain import Account, EmailAddress, Username
from services.identity.events import PUBLIC
from services.identity.projections import AccountsProjection, SessionsProjection
from services.identity.views import IdentityViews

Answer = dict[str, Any]
Held = TypeVar("Held", EmailAddress, Username)


class Shared(Application):
    """What all use cases of this service stand on."""

    projections = (AccountsProjection, SessionsProjection, TokensProjection, KeyPairsProjection, ApprovalsProjection)
    public = PUBLIC
    views: IdentityViews

    def setup(self) -> None:
        self.attempts = Attempts(self.settings, self.db)
        if self.db:
            self.views = IdentityViews(self.db)

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

    def _address_id(self, email: str) -> UUID:
        return self.keys.blind_id("email", addresses.normalise(email))

    def _username_id(self, username: str) -> UUID:
        return self.keys.blind_id("username", usernames.key(username))

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


def described(account: Account, held: list[EmailAddress]) -> Answer:
    return {
        "id": account.id,
        "username": account.username.value,
        "first_name": account.first_name.value,
        "last_name": account.last_name.value,
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
