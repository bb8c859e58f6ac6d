from datetime import datetime

from services.billing.application.payments import Payments
from services.billing.documents import LAYOUT
from services.billing.domain import CREDIT_NOTE, Invoice
from services.billing.domain.bill import correction
from services.chassis.views import Row


class CreditNotes(Payments):
    def credit(self, number: str, reason: str, now: datetime, amount: int | None = None) -> Row:
        """Takes an invoice back, or so much of it. What was paid already pays for what comes next."""
        invoice = self.find_invoice(number)
        taken = invoice.owed if amount is None else amount
        note = self._note(invoice, taken, reason, now)
        invoice.credit(taken, note.number)
        subscription = self._subscription(invoice.workspace_id)
        bill = None
        if invoice.paid_at:
            subscription.credit(note.number, taken)
        elif not invoice.owed:
            bill = self._settled(subscription, number, now)
        # A subscription that goes on by this is charged by an invoice of its own, after the credit note.
        self.save(invoice, note, subscription, *self._issued([(subscription, bill, now)], taken_already=1))
        return {"number": note.number, "total": note.total, "currency": note.currency}

    def _note(self, invoice: Invoice, amount: int, reason: str, now: datetime) -> Invoice:
        sequence = self._last_sequence() + 1
        source = f"{invoice.id}:{invoice.version + 1}"
        return Invoice(
            workspace_id=invoice.workspace_id,
            sequence=sequence,
            number=self._number(sequence),
            kind=CREDIT_NOTE,
            corrects=invoice.number,
            cause=source,
            currency=invoice.currency,
            lines=[correction(-amount, reason, source)],
            total=-amount,
            issued_at=now,
            due_at=now,
            issuer=self.settings.invoice_issuer,
            billed_to=invoice.billed_to,
            layout=LAYOUT,
        )
