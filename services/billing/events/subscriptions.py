from marshmallow import Schema, fields

from services.billing.domain import Subscription
from services.billing.events.public import PUBLIC


class OnPlan(Schema):
    """``seats`` is 0 where the plan has no price a seat. The period goes up to, and without, ``ends_on``."""

    plan = fields.String(required=True, attribute="offer.plan")
    catalogue_version = fields.Integer(required=True, attribute="offer.version")
    seats = fields.Integer(required=True)


class OfPeriod(OnPlan):
    starts_on = fields.String(required=True)
    ends_on = fields.String(required=True)
    ends_at = fields.AwareDateTime(required=True)


class OfNextPeriod(OfPeriod):
    plan = fields.String(required=True)
    catalogue_version = fields.Integer(required=True, attribute="version")


@PUBLIC.event(Subscription.Created)
class SubscriptionStarted(OfPeriod):
    """A workspace is on a plan that costs nothing."""


@PUBLIC.event(Subscription.TermsAccepted)
class TermsAccepted(Schema):
    """Somebody accepted this version of the terms for the workspace."""

    account_id = fields.UUID(required=True)
    terms = fields.String(required=True)


@PUBLIC.event(Subscription.Changed)
class SubscriptionChanged(OfPeriod):
    """Another plan, or another number of seats, from this day on."""

    day = fields.String(required=True)


@PUBLIC.event(Subscription.DowngradePlanned)
class DowngradePlanned(OnPlan):
    """A lower plan from the next period on."""


@PUBLIC.event(Subscription.DowngradeDropped)
class DowngradeDropped(Schema):
    """The plan stays after all."""


@PUBLIC.event(Subscription.RenewalAnnounced)
class RenewalAnnounced(Schema):
    """The period ends soon, and the next one will be charged."""

    ends_on = fields.String(required=True)


@PUBLIC.event(Subscription.Renewed)
class SubscriptionRenewed(OfNextPeriod):
    """A new period has begun."""


@PUBLIC.event(Subscription.PastDue)
class SubscriptionPastDue(Schema):
    """An invoice was not paid. Everything works until the days of grace are over."""

    number = fields.String(required=True)
    until = fields.AwareDateTime(required=True)


@PUBLIC.event(Subscription.Settled)
class SubscriptionSettled(Schema):
    """That invoice is paid after all; so many such are left."""

    number = fields.String(required=True)
    left = fields.Integer(required=True)


@PUBLIC.event(Subscription.Closed)
class SubscriptionClosed(Schema):
    """The days of grace are over: projects are closed, settings stay open."""


@PUBLIC.event(Subscription.Reopened)
class SubscriptionReopened(OfNextPeriod):
    """Everything is paid: projects are open again."""


@PUBLIC.event(Subscription.Credited)
class SubscriptionCredited(Schema):
    """A paid invoice was corrected; the difference pays for what comes next."""

    number = fields.String(required=True)
    amount = fields.Integer(required=True)


@PUBLIC.event(Subscription.Ended)
class SubscriptionEnded(Schema):
    """The workspace is gone, and with it its subscription."""


@PUBLIC.event(Subscription.LimitsChanged)
class LimitsChanged(Schema):
    """How far this workspace may grow from now on; null: no limit. What is there stays, however much it is."""

    members = fields.Integer(required=True, allow_none=True)
    storage = fields.Integer(required=True, allow_none=True)
    api_calls = fields.Integer(required=True, allow_none=True)
