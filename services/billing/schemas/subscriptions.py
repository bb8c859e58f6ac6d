from marshmallow import Schema, fields, validate

from services.chassis.history import AtField


class OfWorkspace(Schema):
    workspace_id = fields.UUID(required=True)


class AskSubscription(OfWorkspace):
    """``seats_used``: as workspaces told of that moment; what is known of it here is always of today."""

    at = AtField()
    seats_used = fields.Integer(load_default=None, allow_none=True, strict=True)


class ChangeSubscription(OfWorkspace):
    account_id = fields.UUID(required=True)
    plan = fields.String(load_default=None, allow_none=True)
    seats = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(min=1, max=1_000_000))
    accept_terms_version = fields.String(load_default=None, allow_none=True)
    time_zone = fields.String(load_default=None, allow_none=True)
    revision = fields.Integer(load_default=None, allow_none=True, strict=True)
    dry_run = fields.Boolean(load_default=False)


class LimitsAnswer(Schema):
    members = fields.Integer(allow_none=True)
    storage = fields.Integer(allow_none=True)
    api_calls = fields.Integer(allow_none=True)


class PlannedAnswer(Schema):
    plan = fields.String()
    seats = fields.Integer(allow_none=True)


class PeriodAnswer(Schema):
    starts_on = fields.String()
    ends_on = fields.String()
    ends_at = fields.DateTime()


class SubscriptionAnswer(Schema):
    plan = fields.String()
    catalogue_version = fields.Integer()
    seats = fields.Integer(allow_none=True)
    seats_used = fields.Integer()
    period = fields.Nested(PeriodAnswer)
    time_zone = fields.String()
    status = fields.String()
    grace_until = fields.DateTime(allow_none=True)
    limits = fields.Nested(LimitsAnswer)
    currency = fields.String()
    credit = fields.Integer()
    terms_version = fields.String(allow_none=True)
    planned = fields.Nested(PlannedAnswer, allow_none=True)
    revision = fields.Integer()
    lines = fields.List(fields.Dict())
    total = fields.Integer()
    invoice = fields.String(allow_none=True)


class ChargesAnswer(Schema):
    plan = fields.String()
    currency = fields.String()
    lines = fields.List(fields.Dict())
    total = fields.Integer()
    credit = fields.Integer()
    ends_on = fields.String()
    ends_at = fields.DateTime()


class PlansAnswer(Schema):
    version = fields.Integer()
    terms_version = fields.String(allow_none=True)
    terms_url = fields.String(allow_none=True)
    items = fields.List(fields.Dict())
