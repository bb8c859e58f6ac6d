from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from uuid import UUID

from services.chassis.errors import NotFound
from services.identity.application.shared import Answer, Shared, described_address
from services.identity.domain import EmailAddress


@dataclass(frozen=True)
class Letter:
    """What a mail with a link that verifies an address needs."""

    address: str
    token: str
    expires_at: datetime


class Emails(Shared):
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
        return described_address(account, address)

    def _verification_token(self, address_id: UUID, round: int) -> str:
        return f"{address_id.hex}.{round}.{self.keys.sign('verify-email', address_id.hex, str(round))}"

    def _verifiable(self, token: str) -> tuple[EmailAddress, int]:
        """The address and the round that a genuine token names."""
        id, _, rest = token.partition(".")
        round, _, signature = rest.partition(".")
        if not compare_digest(signature.encode(), self.keys.sign("verify-email", id, round).encode()):
            raise NotFound("verification_not_found", "this link is not complete, or not from here")
        return self.load(EmailAddress, UUID(id)), int(round)
