from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID, uuid4

from services.chassis.domain import Personal
from services.chassis.errors import PermissionDenied, Unprocessable
from services.identity import passwords, usernames
from services.identity.application.shared import Answer, Shared, described
from services.identity.domain import Account, EmailAddress, Installation, Username


class Accounts(Shared):
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
        return described(account, [address])

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

    def _free_username(self, email: str) -> str:
        return next(name for name in usernames.suggestions(email) if self._is_free(name))

    def _is_free(self, username: str) -> bool:
        holder = self.find(Username, self._username_id(username))
        return holder is None or holder.account_id is None
