"""Rows of what was decided here and of what workspaces tell, one module for each thing they are about."""

from services.billing.projections.heads import Heads
from services.billing.projections.invoices import Invoices
from services.billing.projections.payments import DuePayments
from services.billing.projections.subscriptions import Subscriptions, SubscriptionStreams
from services.billing.projections.usage import Usage
from services.chassis.projections import Projection

REPLAYED: tuple[type[Projection], ...] = (Subscriptions,)
OWN: tuple[type[Projection], ...] = (Subscriptions, Invoices, Usage, DuePayments, SubscriptionStreams)
BUS: tuple[type[Projection], ...] = (Heads,)
