from services.billing.domain import INVOICE, Invoice
from services.billing.domain.payment import Payment
from services.billing.domain.payment_account import PaymentAccount
from services.billing.views.payments import due_payments
from services.chassis.projections import Projection, on
from services.chassis.views import Rows


class DuePayments(Projection):
    name, tables = "due_payments", (due_payments,)
    bulky = True

    @on(Invoice.Created)
    def issued(self, event: Invoice.Created, rows: Rows) -> None:
        if event.kind == INVOICE and event.total > 0:
            rows.put(due_payments, number=event.number, workspace_id=event.workspace_id, begun=False, due_at=event.issued_at)

    @on(Payment.Begun)
    def begun(self, event: Payment.Begun, rows: Rows) -> None:
        rows.change(due_payments, {"number": event.number}, begun=True, due_at=None)

    @on(Payment.Declined)
    def declined(self, event: Payment.Declined, rows: Rows) -> None:
        rows.change(due_payments, {"number": event.number}, begun=False, due_at=event.retry_at)

    @on(Payment.Postponed)
    def postponed(self, event: Payment.Postponed, rows: Rows) -> None:
        rows.change(due_payments, {"number": event.number}, due_at=event.until)

    @on(PaymentAccount.MethodGiven)
    def method_given(self, event: PaymentAccount.MethodGiven, rows: Rows) -> None:
        rows.change_where(due_payments, {"workspace_id": event.workspace_id}, due_at=event.given_at)

    @on(Invoice.Paid)
    def paid(self, event: Invoice.Paid, rows: Rows) -> None:
        rows.remove(due_payments, number=event.number)

    @on(Invoice.Credited)
    def credited(self, event: Invoice.Credited, rows: Rows) -> None:
        if not event.owed:
            rows.remove(due_payments, number=event.number)
