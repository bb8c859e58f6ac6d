from marshmallow import Schema, fields

from services.billing.domain.notice import Notice
from services.billing.domain.payment import Payment
from services.billing.domain.payment_account import PaymentAccount
from services.billing.events.public import PUBLIC


class OfTry(Schema):
    number = fields.String(required=True)
    attempt = fields.Integer(required=True)


@PUBLIC.event(Payment.Begun)
class PaymentBegun(OfTry):
    """The provider is being asked to take this amount, in the currency's smallest unit."""

    amount = fields.Integer(required=True)
    currency = fields.String(required=True)


@PUBLIC.event(Payment.Succeeded)
class PaymentSucceeded(OfTry):
    """The provider has taken it. ``reference``: its name for the payment."""

    reference = fields.String(required=True)


@PUBLIC.event(Payment.Declined)
class PaymentDeclined(OfTry):
    """The provider has not taken it, for the reason that it gives. ``retry_at``: when it is asked again, null: not by itself."""

    reference = fields.String(required=True)
    reason = fields.String(required=True)
    retry_at = fields.AwareDateTime(required=True, allow_none=True)


@PUBLIC.event(Payment.Postponed)
class PaymentPostponed(Schema):
    """There is no payment method yet: the invoice waits until it is due."""

    number = fields.String(required=True)
    until = fields.AwareDateTime(required=True)


@PUBLIC.event(PaymentAccount.Created)
class PaymentAccountOpened(Schema):
    """The workspace is known to the provider."""

    provider = fields.String(required=True)


@PUBLIC.event(PaymentAccount.MethodGiven)
class PaymentMethodGiven(Schema):
    """The provider has a payment method of this workspace; which, it alone knows."""


@PUBLIC.event(Notice.Created)
class WebhookReceived(Schema):
    """The provider told, signed by it, that something happened to one of its objects."""

    provider = fields.String(required=True)
    notice = fields.String(required=True)
    kind = fields.String(required=True)
    about = fields.String(required=True)
