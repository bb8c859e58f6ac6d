"""The entrypoints of this service."""

from services.billing.application import Billing
from services.billing.calls.subscriptions import SubscriptionCalls
from services.billing.projections import BUS
from services.billing.reactions import Workspaces
from services.chassis.rpc import Clock, EventSourced
from services.chassis.service import Service
from services.chassis.spec import ServiceSpec


class BillingService(SubscriptionCalls, Service):
    name = "billing"

    app = EventSourced(Billing)
    clock = Clock()


SPEC = ServiceSpec(service=BillingService, application=Billing, bus=BUS, reactions=(Workspaces,))
