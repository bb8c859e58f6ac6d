from base64 import b64encode
from collections.abc import Sequence
from uuid import UUID

from services.billing import documents
from services.billing.application.issuing import Issuing
from services.billing.domain import BillingInfo, Invoice
from services.chassis.errors import Conflict
from services.chassis.views import Row


class ReadsInvoices(Issuing):
    """``number`` alone is not enough to see an invoice: it must be the workspace's own."""

    def list_invoices(self, workspace_id: UUID, limit: int, cursor: str | None) -> Row:
        """Newest first."""
        return self.invoices.of_workspace(workspace_id, limit, cursor)

    def get_invoice(self, workspace_id: UUID, number: str) -> Row:
        """As it was issued, and what has become of it."""
        invoice = self.invoice_of(workspace_id, number)
        fate = {"status": invoice.status, "owed": invoice.owed, "paid_at": invoice.paid_at, "tries": invoice.tries}
        return documents.told(self._paper(invoice)) | fate

    def invoice_document(self, workspace_id: UUID, number: str, format: str) -> Row:
        data = self.printed(self.invoice_of(workspace_id, number), format)
        return {"content": b64encode(data).decode(), "type": documents.TYPES[format]}

    def printed(self, invoice: Invoice, format: str) -> bytes:
        return documents.written(self._paper(invoice), format, self.settings.invoice_font)

    def send_invoice(self, workspace_id: UUID, number: str) -> None:
        """By mail, to the billing contact of today."""
        invoice = self.invoice_of(workspace_id, number)
        if not self.contact(workspace_id).get("email"):
            raise Conflict("billing_info_missing", "say whom invoices are made out to first: PUT …/billing-info")
        invoice.ask_sending()
        self.save(invoice)

    def contact(self, workspace_id: UUID, version: int | None = None) -> dict[str, str]:
        """Today's, or as it was. Empty where nobody has given any, and once it is erased."""
        if (found := self.find(BillingInfo, BillingInfo.create_id(workspace_id))) is None:
            return {}
        return dict((found.contact if version is None else found.contact_of(version)).value or {})

    def _paper(self, invoice: Invoice) -> documents.Paper:
        return documents.Paper(
            number=invoice.number,
            kind=invoice.kind,
            corrects=invoice.corrects,
            workspace_id=str(invoice.workspace_id),
            currency=invoice.currency,
            lines=invoice.lines,
            events=self._events([line["sources"] for line in invoice.lines]),
            total=invoice.total,
            issued_at=invoice.issued_at,
            due_at=invoice.due_at,
            issuer=invoice.issuer,
            billed_to=self.contact(invoice.workspace_id, invoice.billed_to) if invoice.billed_to else {},
            layout=invoice.layout,
        )

    def _events(self, sources: Sequence[Sequence[str]]) -> list[list[str]]:
        """The ids under which others know these events; in memory they have none but their places in their streams."""
        known = self.invoices.event_ids({each for line in sources for each in line}) if self.db else {}
        return [[known.get(each, each) for each in line] for line in sources]
