from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID, uuid4

from services.chassis.domain import Personal
from services.chassis.errors import Conflict, PermissionDenied, Unprocessable
from services.identity import passwords, usernames
from services.identity.application.shared import Answer, Shared, described
from services.identity.domain import Account, Installation, Session, Username


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

    def erase_account(
        self, *, account_id: UUID, confirm: str, now: datetime, password: str | None = None, session_id: UUID | None = None
    ) -> None:
        """With the password, or from a session that began just now."""
        account = self._account(account_id)
        if usernames.key(confirm) != usernames.key(account.username.value):
            raise Unprocessable("confirmation_wrong", "confirm with the account's username", {"confirm": ["Not the account's username."]})
        if account.operator:
            raise Conflict(
                "operator_needed", "this account operates the installation: take that from it first (gatehouse operators remove)"
            )
        if password is not None:
            self._check_password(account, password, now)
        elif not self._is_fresh(account, session_id, now):
            raise PermissionDenied("password_required", "give the password, or sign in again and erase the account then")
        self._erase(account)

    def _is_fresh(self, account: Account, session_id: UUID | None, now: datetime) -> bool:
        session = self.find(Session, session_id) if session_id else None
        if session is None or session.account_id != account.id or not account.admits(session.id, session.epoch):
            return False
        return session.fresh(now - timedelta(minutes=self.settings.fresh_minutes))

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

    def _free_username(self, email: str) -> str:
        return next(name for name in usernames.suggestions(email) if self._is_free(name))

    def _is_free(self, username: str) -> bool:
        holder = self.find(Username, self._username_id(username))
        return holder is None or holder.account_id is None
