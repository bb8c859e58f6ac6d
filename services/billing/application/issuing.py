from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.billing.application.shared import Shared
from services.billing.documents import LAYOUT
from services.billing.domain import INVOICE, Bill, BillingInfo, Invoice, Subscription
from services.chassis.errors import NotFound

# A bill, whose it is, and when it was made.
Due = tuple[Subscription, Bill | None, datetime]


class Issuing(Shared):
    """Making invoices of bills; numbers have no gaps, because one is only taken together with the invoice that has it."""

    def setup(self) -> None:
        super().setup()
        self._in_memory_sequence = 0

    def _issued(self, bills: Sequence[Due], taken_already: int = 0) -> list[Invoice]:
        """Not saved: they belong into one transaction with the events that they come from, and so many numbers taken beside them."""
        due = [(subscription, bill, at) for subscription, bill, at in bills if bill is not None and bill.lines]
        if not due:
            return []
        known, first = self._known_contacts([whose.workspace_id for whose, _, _ in due]), self._last_sequence() + 1 + taken_already
        return [self._invoice(*each, known.get(each[0].workspace_id, 0), number) for number, each in enumerate(due, first)]

    def _known_contacts(self, workspace_ids: Sequence[UUID]) -> dict[UUID, int]:
        """The version of the billing information of each that has any."""
        if self.db:
            return self.invoices.contacts(workspace_ids)
        found = self.find_all(*((BillingInfo, BillingInfo.create_id(workspace_id)) for workspace_id in workspace_ids))
        return {each.workspace_id: each.version for each in found if each is not None}

    def _invoice(self, whose: Subscription, bill: Bill, at: datetime, billed_to: int, sequence: int) -> Invoice:
        return Invoice(
            workspace_id=whose.workspace_id,
            sequence=sequence,
            number=self._number(sequence),
            kind=INVOICE,
            corrects="",
            cause=bill.source,
            currency=whose.offer.currency,
            lines=[*bill.lines],
            total=bill.total,
            issued_at=at,
            due_at=at + timedelta(days=self.settings.invoice_days),
            issuer=self.settings.invoice_issuer,
            billed_to=billed_to,
            layout=LAYOUT,
        )

    def _number(self, sequence: int) -> str:
        return f"{self.settings.invoice_prefix}{sequence:06d}"

    def _last_sequence(self) -> int:
        """Whoever takes the next one at the same moment collides with us in the store, and comes again."""
        if self.db:
            return self.invoices.last_sequence()
        while self.find(Invoice, Invoice.create_id(self._in_memory_sequence + 1)):
            self._in_memory_sequence += 1
        return self._in_memory_sequence

    def find_invoice(self, number: str) -> Invoice:
        if (sequence := self._sequence_of(number)) is None or (found := self.find(Invoice, Invoice.create_id(sequence))) is None:
            raise NotFound("invoice_not_found", "there is no invoice with this number")
        return found

    def _sequence_of(self, number: str) -> int | None:
        if self.db:
            return self.invoices.sequence_of(number)
        digits = number.removeprefix(self.settings.invoice_prefix)
        return int(digits) if digits.isdecimal() else None

    def invoice_of(self, workspace_id: UUID, number: str) -> Invoice:
        invoice = self.find_invoice(number)
        invoice.check_holder(workspace_id)
        return invoice
