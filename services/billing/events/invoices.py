from marshmallow import Schema, fields

from services.billing.domain import Invoice
from services.billing.events.public import PUBLIC


@PUBLIC.event(Invoice.Created)
class InvoiceIssued(Schema):
    """``kind``: invoice, or credit_note, which corrects another. Amounts are integers of the currency's smallest unit."""

    number = fields.String(required=True)
    kind = fields.String(required=True)
    corrects = fields.String(required=True)
    currency = fields.String(required=True)
    total = fields.Integer(required=True)
    issued_at = fields.AwareDateTime(required=True)
    due_at = fields.AwareDateTime(required=True)


@PUBLIC.event(Invoice.Paid)
class InvoicePaid(Schema):
    """It is paid; ``reference`` is the provider's, or the operator's."""

    number = fields.String(required=True)
    paid_at = fields.AwareDateTime(required=True)
    reference = fields.String(required=True)


@PUBLIC.event(Invoice.PaymentFailed)
class PaymentFailed(Schema):
    """A payment failed: the first one (0), or one of the tries after it."""

    number = fields.String(required=True)
    failed_at = fields.AwareDateTime(required=True)
    reason = fields.String(required=True)
    tries = fields.Integer(required=True)


@PUBLIC.event(Invoice.Credited)
class InvoiceCredited(Schema):
    """A credit note corrects it; so much is owed of it now."""

    number = fields.String(required=True)
    amount = fields.Integer(required=True)
    by = fields.String(required=True)
    owed = fields.Integer(required=True)


@PUBLIC.event(Invoice.SendingAsked)
class SendingAsked(Schema):
    """It is mailed to the billing contact once more."""

    number = fields.String(required=True)
