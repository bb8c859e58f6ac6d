from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from services.chassis.errors import LimitExceeded, NotFound, Unprocessable
from services.identity import passwords
from services.identity.application.shared import Letter, Shared
from services.identity.domain import Account, EmailAddress, ResetRequest


class Passwords(Shared):
    def change_password(
        self,
        *,
        account_id: UUID,
        session_id: UUID,
        current_password: str,
        new_password: str,
        now: datetime,
        revoke_credentials: bool = False,
    ) -> None:
        """Ends all sessions but this one."""
        account = self._account(account_id)
        self._check_password(account, current_password, now)
        if passwords.same(current_password, new_password):
            raise Unprocessable("password_unchanged", "choose another one", {"new_password": ["The same as before."]})
        passwords.check(new_password, self._names(account), "new_password")
        doomed = self.revocable(account.id) if revoke_credentials else []
        account.change_password(passwords.hash(new_password), kept_session_id=session_id, credentials_revoked=revoke_credentials)
        self.save(account, *doomed)

    def request_password_reset(self, *, email: str, now: datetime) -> None:
        """Never tells whether there is such an account: the mail does, to whom it concerns."""
        self.mails.by_client(now)
        address_id = self._address_id(email)
        address = self.find(EmailAddress, address_id)
        account = self.find(Account, address.account_id) if address and address.account_id and address.verified else None
        try:
            self.mails.to(address_id, now)
        except LimitExceeded:
            return
        if account is not None:
            account.offer_reset(address_id, now + timedelta(minutes=self.settings.reset_minutes))
        self.save(ResetRequest(address_id=address_id, account_id=account.id if account else None), account)

    def reset_letter(self, account_id: UUID, address_id: UUID) -> Letter | None:
        """None if there is nothing to reset any more, or a newer request went to another address."""
        account, held = self.find(Account, account_id), self.find(EmailAddress, address_id)
        if account is None or held is None or account.reset_expires_at is None or account.reset_address_id != address_id:
            return None
        if account.erased or held.account_id != account_id or held.address is None:
            return None
        return Letter(
            held.address.value, self._reset_token(account.id, account.reset_round), account.reset_expires_at, account.username.value
        )

    def reset_password(self, *, token: str, new_password: str, now: datetime) -> UUID:
        """Ends every session. Answers whose password it was."""
        account, round = self._resettable(token)
        with self._recorded(account.id):
            account.check_reset(round, now)
        passwords.check(new_password, self._names(account), "new_password")
        account.change_password(passwords.hash(new_password), reset=True)
        self.save(account)
        # Whoever was kept out by somebody else's guesses gets in again.
        self.attempts.forgive(account.id)
        return account.id

    def _names(self, account: Account) -> list[str]:
        held = [address.address.value.rpartition("@")[0] for address in self._addresses(account) if address.address]
        return [account.username.value, *held]

    def _reset_token(self, account_id: UUID, round: int) -> str:
        return f"{account_id.hex}.{round}.{self.keys.sign('reset-password', account_id.hex, str(round))}"

    def _resettable(self, token: str) -> tuple[Account, int]:
        """The account and the round that a genuine token names."""
        id, _, rest = token.partition(".")
        round, _, signature = rest.partition(".")
        if not compare_digest(signature.encode(), self.keys.sign("reset-password", id, round).encode()):
            raise NotFound("reset_not_found", "this link is not complete, or not from here")
        return self._account(UUID(id)), int(round)
