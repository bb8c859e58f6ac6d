from marshmallow import Schema

from services.billing.domain import BillingInfo
from services.billing.events.public import PUBLIC


@PUBLIC.event(BillingInfo.Created, BillingInfo.Changed, name="billing.billing_info.changed")
class BillingInfoChanged(Schema):
    """Invoices are made out to somebody, or somebody else, from now on."""
