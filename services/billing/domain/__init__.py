"""Plans, periods, seats, money and invoices, as they are decided about. Time and usage are given, never read."""

from services.billing.domain.bill import Bill, Used
from services.billing.domain.billing_info import BillingInfo
from services.billing.domain.edition import Edition
from services.billing.domain.invoice import CREDIT_NOTE, INVOICE, TRIES, Invoice
from services.billing.domain.offer import Limits, Offer, UsagePrice
from services.billing.domain.period import Period
from services.billing.domain.subscription import ACTIVE, CLOSED, ENDED, GRACE, PAST_DUE, Subscription

__all__ = [
    "ACTIVE",
    "CLOSED",
    "CREDIT_NOTE",
    "ENDED",
    "GRACE",
    "INVOICE",
    "PAST_DUE",
    "TRIES",
    "Bill",
    "BillingInfo",
    "Edition",
    "Invoice",
    "Limits",
    "Offer",
    "Period",
    "Subscription",
    "UsagePrice",
    "Used",
]
