"""What identity does when it hears an event: it writes to the people whom it concerns."""

from datetime import datetime
from uuid import UUID

from services.chassis.mail import Mailer
from services.chassis.projections import on
from services.chassis.public import PublicEvent
from services.chassis.reactions import Reaction
from services.identity import letters
from services.identity.application import Identity, Letter

PRIMARY_CHANGED = "Your primary address was changed"


class Mails(Reaction):
    """Each handler sends one mail at most: of two, the first would be sent again whenever the second fails."""

    sources = ("identity",)
    app: Identity

    def __init__(self, app: Identity) -> None:
        super().__init__(app)
        self._mailer = Mailer(app.settings)

    def _send_link(self, event: PublicEvent, letter: Letter | None, subject: str, text: str) -> None:
        if letter is not None:
            known = {"url": self.app.settings.url, "token": letter.token, "expires_at": letter.expires_at, "username": letter.username}
            self._mailer.send(f"{event.id}:{self.name}", letter.address, subject, text.format(**known))

    def _tell(self, event: PublicEvent, subject: str, text: str, address_id: str | None = None, **known: object) -> None:
        """By default at the primary address. ``known``: what the text says beside the username."""
        if found := self.app.mailbox(UUID(event.data["account_id"]), UUID(address_id) if address_id else None):
            username, address = found
            self._mailer.send(
                f"{event.id}:{self.name}", address, subject, text.format(**known, url=self.app.settings.url, username=username)
            )


class IdentityReactions(Mails):
    @on("identity.account.registered")
    def ask_to_verify_first(self, event: PublicEvent) -> None:
        for address_id in event.data["address_ids"]:
            self._ask_to_verify(event, address_id)

    @on("identity.email.added", "identity.email.verification_renewed")
    def ask_to_verify(self, event: PublicEvent) -> None:
        self._ask_to_verify(event, event.data["address_id"])

    @on("identity.password.reset_requested")
    def offer_reset(self, event: PublicEvent) -> None:
        if event.data["account_id"]:
            letter = self.app.reset_letter(UUID(event.data["account_id"]), UUID(event.data["address_id"]))
            self._send_link(event, letter, "Reset your password", letters.RESET)

    @on("identity.password.changed")
    def tell_of_password(self, event: PublicEvent) -> None:
        self._tell(event, "Your password was changed", letters.TOLD_OF_CHANGE)

    @on("identity.account.primary_changed")
    def tell_of_primary(self, event: PublicEvent) -> None:
        self._tell(event, PRIMARY_CHANGED, letters.TOLD_OF_PRIMARY, event.data["address_id"])

    @on("identity.credential.expiring")
    def warn_of_expiry(self, event: PublicEvent) -> None:
        expires_at = datetime.fromisoformat(event.data["expires_at"])
        if credential := self.app.expiring(UUID(event.data["credential_id"]), expires_at):
            self._tell(event, "A key of yours expires soon", letters.EXPIRES_SOON, credential=credential, expires_at=expires_at)

    def _ask_to_verify(self, event: PublicEvent, address_id: str) -> None:
        letter = self.app.verification(UUID(event.data["account_id"]), UUID(address_id))
        self._send_link(event, letter, "Confirm your address", letters.VERIFY)


class FormerAddress(Mails):
    """The old address hears of the new one too: whoever took the account over would otherwise be the only one to know."""

    name = "former-address"

    @on("identity.account.primary_changed")
    def tell_of_primary(self, event: PublicEvent) -> None:
        self._tell(event, PRIMARY_CHANGED, letters.TOLD_OF_PRIMARY, event.data["former_address_id"])
