from uuid import UUID

from services.chassis.errors import Conflict, NotFound
from services.identity.application.shared import Shared
from services.identity.domain import Account, EmailAddress, Installation, Username


class Operators(Shared):
    """For the command line only: nobody who is signed in makes an operator of anybody."""

    def grant_operator(self, *, name: str) -> str:
        """``name`` is a username or an address. Answers the username."""
        account, installation = self._named(name), self._installation()
        if not self.load(EmailAddress, account.primary_id).verified:
            # Whoever proves an address that is not verified in time takes its account away.
            raise Conflict("email_unverified", "the account has to verify its primary address first")
        account.grant_operator()
        installation.admit(account.id)
        self.save(account, installation)
        return str(account.username.value)

    def revoke_operator(self, *, name: str) -> str:
        account, installation = self._named(name), self._installation()
        if not account.operator:
            raise Conflict("not_an_operator", "this account is no operator")
        installation.dismiss(account.id)
        account.revoke_operator()
        self.save(account, installation)
        return str(account.username.value)

    def _named(self, name: str) -> Account:
        id = self._holder_of_address(name) if "@" in name else self._holder_of_username(name)
        if id is None:
            raise NotFound("account_not_found", "there is no account with this username or verified address")
        return self._account(id)

    def _holder_of_address(self, address: str) -> UUID | None:
        """Anybody may claim an address; only who has verified it is meant."""
        try:
            held = self.find(EmailAddress, self._address_id(address))
        except ValueError:
            return None
        return held.account_id if held and held.verified else None

    def _holder_of_username(self, username: str) -> UUID | None:
        held = self.find(Username, self._username_id(username))
        return held.account_id if held else None

    def _installation(self) -> Installation:
        return self.load(Installation, Installation.create_id())
