from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from services.chassis.domain import Aggregate, event
from services.chassis.errors import Conflict, NotFound

INVOICE, CREDIT_NOTE = "invoice", "credit_note"
# After the first failure.
TRIES = 4


class Invoice(Aggregate):
    """Says what it said when it was issued, for ever; only credit notes, which are documents of the same series, correct it."""

    TOPIC = "billing.invoice"

    class Created(Aggregate.Created):
        """``cause``: the event it comes from. ``corrects``: for a credit note, another's number.

        ``billed_to``: which version of the billing information says to whom; 0: none. ``layout``: how it is printed.
        """

        TOPIC = "billing.invoice.issued"
        workspace_id: UUID
        sequence: int
        number: str
        kind: str
        corrects: str
        cause: str
        currency: str
        lines: list[dict[str, Any]]
        total: int
        issued_at: datetime
        due_at: datetime
        issuer: str
        billed_to: int
        layout: int

    class Paid(Aggregate.Event):
        TOPIC = "billing.invoice.paid"
        workspace_id: UUID
        number: str
        paid_at: datetime
        reference: str

    class PaymentFailed(Aggregate.Event):
        TOPIC = "billing.payment.failed"
        workspace_id: UUID
        number: str
        failed_at: datetime
        reason: str
        tries: int

    class Credited(Aggregate.Event):
        TOPIC = "billing.invoice.credited"
        workspace_id: UUID
        number: str
        amount: int
        by: str
        owed: int

    class SendingAsked(Aggregate.Event):
        TOPIC = "billing.invoice.sending_asked"
        workspace_id: UUID
        number: str

    @event(Created)
    def __init__(
        self,
        workspace_id: UUID,
        sequence: int,
        number: str,
        kind: str,
        corrects: str,
        cause: str,
        currency: str,
        lines: list[dict[str, Any]],
        total: int,
        issued_at: datetime,
        due_at: datetime,
        issuer: str,
        billed_to: int,
        layout: int,
    ) -> None:
        self.workspace_id, self.sequence, self.number = workspace_id, sequence, number
        self.kind, self.corrects, self.cause = kind, corrects, cause
        self.currency, self.lines, self.total = currency, lines, total
        self.issued_at, self.due_at, self.issuer, self.billed_to, self.layout = issued_at, due_at, issuer, billed_to, layout
        self.paid_at: datetime | None = None
        self.tries: int | None = None
        self.credited = 0

    @staticmethod
    def create_id(sequence: int) -> UUID:
        """Derived, so that no number is given twice."""
        return uuid5(NAMESPACE_URL, f"/billing/invoices/{sequence}")

    @property
    def open(self) -> bool:
        return self.kind == INVOICE and self.paid_at is None and self.owed > 0

    @property
    def owed(self) -> int:
        """What of it no credit note took back."""
        return self.total - self.credited

    @property
    def status(self) -> str:
        if self.kind == CREDIT_NOTE:
            return "issued"
        if self.open:
            return "open" if self.tries is None else "past_due"
        return "credited" if self.credited and not self.paid_at else "paid"

    def check_holder(self, workspace_id: UUID) -> None:
        if self.workspace_id != workspace_id:
            raise NotFound("invoice_not_found", "there is no invoice with this number")

    def pay(self, paid_at: datetime, reference: str) -> bool:
        """False if it was paid before, or there is nothing to pay."""
        if not self.open:
            return False
        self._paid(self.workspace_id, self.number, paid_at, reference)
        return True

    def fail(self, at: datetime, reason: str) -> bool:
        """False if it is paid, or all tries have failed already."""
        tries = 0 if self.tries is None else self.tries + 1
        if not self.open or tries > TRIES:
            return False
        self._payment_failed(self.workspace_id, self.number, at, reason, tries)
        return True

    def credit(self, amount: int, by: str) -> None:
        if self.kind != INVOICE or not 0 < amount <= self.owed:
            raise Conflict("credit_too_large", f"of {self.number} {self.owed} can be credited at most", {"creditable": self.owed})
        self._credited(self.workspace_id, self.number, amount, by, self.owed - amount)

    def ask_sending(self) -> None:
        self._sending_asked(self.workspace_id, self.number)

    @event(Paid)
    def _paid(self, workspace_id: UUID, number: str, paid_at: datetime, reference: str) -> None:
        self.paid_at = paid_at

    @event(PaymentFailed)
    def _payment_failed(self, workspace_id: UUID, number: str, failed_at: datetime, reason: str, tries: int) -> None:
        self.tries = tries

    @event(Credited)
    def _credited(self, workspace_id: UUID, number: str, amount: int, by: str, owed: int) -> None:
        self.credited += amount

    @event(SendingAsked)
    def _sending_asked(self, workspace_id: UUID, number: str) -> None:
        """A mail follows."""
