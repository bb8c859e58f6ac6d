"""What billing does when it hears of workspaces, of its limits, and of its own invoices and webhooks."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from services.billing import documents, letters
from services.billing.application import Billing
from services.billing.payments import Notice
from services.chassis import context
from services.chassis.context import CallContext
from services.chassis.errors import Unavailable
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


class Limits(Reaction):
    """A plan with other limits: what was used up may not be any more, or now."""

    name = "limits"
    sources = ("billing",)
    app: Billing

    @on("billing.limits.changed")
    def judge_anew(self, event: PublicEvent) -> None:
        self.app.judge(UUID(event.workspace_id), datetime.now(UTC))


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
            subject, text = letters.of_invoice(invoice)
            attached = (f"{invoice.number}.pdf", "application/pdf", self.app.printed(invoice, documents.PDF))
            self._mailer.send(f"invoice-{event.id}", email, subject, text, attached)

    @on("billing.renewal.announced")
    def announce_renewal(self, event: PublicEvent) -> None:
        letter = self.app.renewal_letter(UUID(event.workspace_id), event.data["ends_on"])
        if letter is not None:
            self._mailer.send(f"renewal-{event.id}", letter["email"], *letters.of_renewal(letter, self.app.settings.url))

    @on("billing.subscription.past_due")
    def tell_of_grace(self, event: PublicEvent) -> None:
        invoice, until = self.app.find_invoice(event.data["number"]), datetime.fromisoformat(event.data["until"])
        self._write(event, "past-due", *letters.of_past_due(invoice, until, self.app.settings.url))

    @on("billing.subscription.closed")
    def tell_of_closing(self, event: PublicEvent) -> None:
        subscription = self.app.find_subscription(UUID(event.workspace_id))
        if subscription is not None and subscription.failing:
            self._write(event, "closed", *letters.of_closing(subscription.failing, self.app.settings.url))

    def _write(self, event: PublicEvent, what: str, subject: str, text: str) -> None:
        if email := self.app.contact(UUID(event.workspace_id)).get("email"):
            self._mailer.send(f"{what}-{event.id}", email, subject, text)


class Webhooks(Reaction):
    """Waits for a provider that is away: what it told is not to be lost."""

    name = "webhooks"
    sources = ("billing",)
    waits_for = (Unavailable,)
    app: Billing

    @on("billing.webhook.received")
    def follow(self, event: PublicEvent) -> None:
        told = Notice(id=event.data["notice"], kind=event.data["kind"], subject=event.data["about"])
        self.app.follow(event.data["provider"], told, datetime.now(UTC))
        # At once, for whoever has just given a card; never inside this transaction, which would take back what is on record of a payment.
        self.app.database.after_commit(self._collect)

    def _collect(self) -> None:
        with context.use(CallContext(correlation_id=str(uuid4()), actor_id="system:billing")):
            self.app.collect_due(datetime.now(UTC))
