"""What billing does when it hears of workspaces, and of its own invoices and webhooks."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.billing import documents, letters
from services.billing.application import Billing
from services.billing.documents.paper import described
from services.billing.domain import CREDIT_NOTE, Invoice
from services.billing.money import Money
from services.billing.payments import Notice
from services.chassis.mail import Mailer
from services.chassis.projections import on
from services.chassis.public import PublicEvent
from services.chassis.reactions import Reaction


class Workspaces(Reaction):
    name = "workspaces"
    sources = ("workspaces",)
    app: Billing

    @on("workspaces.workspace.created")
    def start_subscription(self, event: PublicEvent) -> None:
        self.app.start_subscription(UUID(event.workspace_id), datetime.now(UTC))

    @on("workspaces.workspace.deleted")
    def forget_workspace(self, event: PublicEvent) -> None:
        self.app.forget_workspace(UUID(event.workspace_id), event.time)


class Mails(Reaction):
    """Apart from the other reactions, so that a mail server that is away holds up mails only."""

    name = "mails"
    sources = ("billing",)
    app: Billing

    def __init__(self, app: Billing) -> None:
        super().__init__(app)
        self._mailer = Mailer(app.settings)

    @on("billing.invoice.issued", "billing.invoice.sending_asked")
    def send_invoice(self, event: PublicEvent) -> None:
        invoice = self.app.find_invoice(event.data["number"])
        if email := self.app.contact(invoice.workspace_id).get("email"):
            subject, text = _of_invoice(invoice)
            attached = (f"{invoice.number}.pdf", "application/pdf", self.app.printed(invoice, documents.PDF))
            self._mailer.send(f"invoice-{event.id}", email, subject, text, attached)

    @on("billing.renewal.announced")
    def announce_renewal(self, event: PublicEvent) -> None:
        letter = self.app.renewal_letter(UUID(event.workspace_id), event.data["ends_on"], event.time)
        if letter is not None:
            subject = f"Your plan renews on {letter['ends_on']}"
            self._mailer.send(f"renewal-{event.id}", letter["email"], subject, _of_renewal(letter, self.app.settings.url))


class Webhooks(Reaction):
    """Waits for a provider that is away: what it told is not to be lost."""

    name = "webhooks"
    sources = ("billing",)
    parks = False
    app: Billing

    @on("billing.webhook.received")
    def follow(self, event: PublicEvent) -> None:
        told = Notice(id=event.data["notice"], kind=event.data["kind"], subject=event.data["about"])
        self.app.follow(event.data["provider"], told, datetime.now(UTC))


def _of_invoice(invoice: Invoice) -> tuple[str, str]:
    title = "credit note" if invoice.kind == CREDIT_NOTE else "invoice"
    due = f" It is to be paid until {invoice.due_at:%d %B %Y}." if invoice.open else ""
    total = Money(invoice.total, invoice.currency).plain()
    text = letters.INVOICE.format(title=title, number=invoice.number, total=total, currency=invoice.currency, due=due)
    return f"{title.capitalize()} {invoice.number}", text


def _of_renewal(letter: dict[str, Any], url: str) -> str:
    lines = "\n".join(f"{described(line)}: {Money(line['amount'], letter['currency'])}" for line in letter["lines"])
    total = Money(letter["total"], letter["currency"]).plain()
    return letters.RENEWAL.format(
        plan=letter["plan"], ends_on=letter["ends_on"], total=total, currency=letter["currency"], lines=lines, url=url
    )
