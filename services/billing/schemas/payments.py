from marshmallow import Schema, fields, validate

from services.chassis.fields import Text


class MarkPaid(Schema):
    number = Text(required=True, shortest=1, longest=60)
    reference = Text(load_default="", longest=100)


class Webhook(Schema):
    body = fields.String(required=True)
    signature = fields.String(required=True, validate=validate.Length(max=2_000))


class CardAnswer(Schema):
    brand = fields.String()
    last4 = fields.String()
    exp_month = fields.Integer()
    exp_year = fields.Integer()


class PaymentMethodAnswer(Schema):
    provider = fields.String()
    card = fields.Nested(CardAnswer, allow_none=True)


class SetupAnswer(Schema):
    url = fields.String()


class PaidAnswer(Schema):
    number = fields.String()
    workspace_id = fields.UUID()
    paid_at = fields.AwareDateTime()
    reference = fields.String()
