"""The entrypoints of this service."""

from services.billing.application import Billing
from services.billing.calls.billing_info import BillingInfoCalls
from services.billing.calls.invoices import InvoiceCalls
from services.billing.calls.payments import PaymentCalls
from services.billing.calls.subscriptions import SubscriptionCalls
from services.billing.calls.usage import UsageCalls
from services.billing.projections import BUS
from services.billing.reactions import Limits, Mails, Webhooks, Workspaces
from services.chassis.rpc import Clock, EventSourced
from services.chassis.service import Service
from services.chassis.spec import ServiceSpec


class BillingService(SubscriptionCalls, UsageCalls, InvoiceCalls, BillingInfoCalls, PaymentCalls, Service):
    name = "billing"

    app = EventSourced(Billing)
    clock = Clock()


SPEC = ServiceSpec(service=BillingService, application=Billing, bus=BUS, reactions=(Workspaces, Limits, Mails, Webhooks))
