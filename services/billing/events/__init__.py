"""The public events of this service, one module for each thing they are about. None says whom an invoice is made out to."""

from services.billing.events import billing_info, invoices, payments, subscriptions, usage
from services.billing.events.public import PUBLIC

__all__ = ["PUBLIC", "billing_info", "invoices", "payments", "subscriptions", "usage"]
