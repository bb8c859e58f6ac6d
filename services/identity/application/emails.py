from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from services.chassis.errors import Conflict, NotFound
from services.identity.application.shared import Answer, Letter, Shared, described_address
from services.identity.domain import Account, EmailAddress


class Emails(Shared):
    def add_email(self, *, account_id: UUID, address: str, now: datetime) -> Answer:
        account = self._account(account_id)
        self.mails.by_account(account.id, now)
        claimed = self._claimed(address, account.id, now)
        account.add_address(claimed.id, self.settings.account_addresses)
        self.save(account, claimed)
        return described_address(account, claimed)

    def delete_email(self, *, account_id: UUID, email_id: UUID) -> None:
        account = self._account(account_id)
        account.remove_address(email_id)
        address = self.load(EmailAddress, email_id)
        address.release(account.id)
        self.save(account, address)

    def make_primary(self, *, account_id: UUID, email_id: UUID) -> Answer:
        account = self._account(account_id)
        address = self._own(account, email_id)
        if not address.verified:
            raise Conflict("email_unverified", "verify this address first: its mail has the link")
        account.make_primary(address.id)
        self.save(account)
        return described_address(account, address)

    def renew_verification(self, *, account_id: UUID, email_id: UUID, now: datetime) -> None:
        account = self._account(account_id)
        address = self._own(account, email_id)
        self.mails.by_account(account.id, now)
        address.renew(account.id, now + timedelta(hours=self.settings.verification_hours))
        self.save(address)

    def verification(self, account_id: UUID, address_id: UUID) -> Letter | None:
        """None once there is nothing to verify: done already, or the account or its claim is gone."""
        held = self.find(EmailAddress, address_id)
        if held is None or held.account_id != account_id or held.verified or held.address is None or held.expires_at is None:
            return None
        username = self.load(Account, account_id).username.value
        return (
            Letter(held.address.value, self._verification_token(held.id, held.round), held.expires_at, username)
            if held.address.value
            else None
        )

    def asked_to_verify(self, *, token: str) -> Answer:
        """For which account the holder of this token is asked to vouch."""
        address, _ = self._verifiable(token)
        account = self._account(address.account_id)
        return {"account_id": account.id, "username": account.username.value, **described_address(account, address)}

    def verify_email(self, *, token: str, now: datetime, password: str | None = None) -> Answer:
        address, round = self._verifiable(token)
        account = self._account(address.account_id)
        if password is not None:
            self._check_password(account, password, now)
        with self._recorded(account.id):
            address.verify(round, now)
        self.save(address)
        return described_address(account, address)

    def mailbox(self, account_id: UUID, address_id: UUID | None = None) -> tuple[str, str] | None:
        """Username and address to write to, by default the primary one; None once the account or its hold on the address is gone."""
        account = self.find(Account, account_id)
        held = self.find(EmailAddress, address_id or account.primary_id) if account and not account.erased else None
        if account is None or held is None or held.account_id != account_id or held.address is None:
            return None
        return account.username.value, held.address.value

    def _own(self, account: Account, email_id: UUID) -> EmailAddress:
        address = self.find(EmailAddress, email_id) if email_id in account.address_ids else None
        if address is None or address.account_id != account.id:
            raise NotFound("email_not_found", "this account has no address with this id")
        return address

    def _verification_token(self, address_id: UUID, round: int) -> str:
        return f"{address_id.hex}.{round}.{self.keys.sign('verify-email', address_id.hex, str(round))}"

    def _verifiable(self, token: str) -> tuple[EmailAddress, int]:
        """The address and the round that a genuine token names."""
        id, _, rest = token.partition(".")
        round, _, signature = rest.partition(".")
        if not compare_digest(signature.encode(), self.keys.sign("verify-email", id, round).encode()):
            raise NotFound("verification_not_found", "this link is not complete, or not from here")
        return self.load(EmailAddress, UUID(id)), int(round)
