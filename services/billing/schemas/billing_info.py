from marshmallow import Schema, fields

from services.billing.schemas.subscriptions import OfWorkspace
from services.chassis.fields import Address, Text


class Contact(Schema):
    name = Text(required=True, shortest=1, longest=200)
    email = Address(required=True)
    address = Text(load_default="", longest=500)
    country = Text(load_default="", longest=2)
    tax_id = Text(load_default="", longest=40)


class PutBillingInfo(OfWorkspace):
    contact = fields.Nested(Contact, required=True)
    revision = fields.Integer(load_default=None, allow_none=True, strict=True)


class BillingInfoAnswer(Schema):
    contact = fields.Dict()
    revision = fields.Integer()
