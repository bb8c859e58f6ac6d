from typing import Any

from services.billing.application import Billing
from services.billing.schemas import invoices as schemas
from services.chassis.rpc import rpc
from services.chassis.schemas import made

Payload = dict[str, Any]


class InvoiceCalls:
    app: Billing

    @rpc
    def list_invoices(self, payload: Payload) -> Payload:
        query = made(schemas.ListInvoices).load(payload)
        return made(schemas.InvoicesAnswer).dump(self.app.list_invoices(**query))

    @rpc
    def get_invoice(self, payload: Payload) -> Payload:
        query = made(schemas.NameInvoice).load(payload)
        return made(schemas.InvoiceAnswer).dump(self.app.get_invoice(**query))

    @rpc
    def invoice_document(self, payload: Payload) -> Payload:
        query = made(schemas.GetDocument).load(payload)
        return made(schemas.DocumentAnswer).dump(self.app.invoice_document(**query))

    @rpc
    def send_invoice(self, payload: Payload) -> Payload:
        self.app.send_invoice(**made(schemas.NameInvoice).load(payload))
        return {}
