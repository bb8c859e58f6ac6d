from services.billing.domain import BillingInfo, Invoice
from services.billing.views.invoices import contacts, invoices
from services.chassis.projections import Projection, on
from services.chassis.views import Rows


class Invoices(Projection):
    name, tables = "invoices", (invoices, contacts)
    bulky = True

    @on(BillingInfo.Created, BillingInfo.Changed)
    def contact_given(self, event: BillingInfo.Created | BillingInfo.Changed, rows: Rows) -> None:
        rows.put(contacts, workspace_id=event.workspace_id, version=event.originator_version)

    @on(Invoice.Created)
    def issued(self, event: Invoice.Created, rows: Rows) -> None:
        rows.put(
            invoices,
            sequence=event.sequence,
            number=event.number,
            workspace_id=event.workspace_id,
            kind=event.kind,
            corrects=event.corrects,
            currency=event.currency,
            total=event.total,
            owed=event.total,
            issued_at=event.issued_at,
            due_at=event.due_at,
            paid_at=None,
            tries=None,
        )

    @on(Invoice.Paid)
    def paid(self, event: Invoice.Paid, rows: Rows) -> None:
        rows.change_where(invoices, {"number": event.number}, paid_at=event.paid_at)

    @on(Invoice.PaymentFailed)
    def failed(self, event: Invoice.PaymentFailed, rows: Rows) -> None:
        rows.change_where(invoices, {"number": event.number}, tries=event.tries)

    @on(Invoice.Credited)
    def credited(self, event: Invoice.Credited, rows: Rows) -> None:
        rows.change_where(invoices, {"number": event.number}, owed=event.owed)
