"""What identity does when it hears an event: it writes to addresses that are to be verified."""

from uuid import UUID

from services.chassis.mail import Mailer
from services.chassis.projections import on
from services.chassis.public import PublicEvent
from services.chassis.reactions import Reaction
from services.identity.application import Identity

_TEXT = """Hello,

somebody, you we hope, signed up to Gatehouse with this address. Confirm that it is yours:

{url}/verify-email?token={token}

Or paste this where you are asked for it:

{token}

It works once, until {expires_at:%d %B %Y, %H:%M} UTC. If you did not sign up, do nothing: unless you confirm,
nobody can sign in with your address.
"""


class IdentityReactions(Reaction):
    sources = ("identity",)
    app: Identity

    def __init__(self, app: Identity) -> None:
        super().__init__(app)
        self._mailer = Mailer(app.settings)

    @on("identity.account.registered")
    def ask_to_verify(self, event: PublicEvent) -> None:
        for address_id in event.data["address_ids"]:
            letter = self.app.verification(UUID(event.data["account_id"]), UUID(address_id))
            if letter is not None:
                text = _TEXT.format(url=self.app.settings.url, token=letter.token, expires_at=letter.expires_at)
                self._mailer.send(f"{event.id}:{address_id}", letter.address, "Confirm your address", text)
