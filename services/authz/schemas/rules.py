from marshmallow import Schema, fields, validate

from services.authz.schemas.shared import Command, Cursor, Name, Page, Position, Query, Subject, Type

PERMISSIONS = ("read", "modify")


class Said(Command):
    resource_type = Type(required=True)
    resource_id = Name(load_default=None, allow_none=True)
    permission = fields.String(required=True, validate=validate.OneOf(PERMISSIONS))
    users = fields.List(fields.UUID(), load_default=list)
    groups = fields.List(fields.UUID(), load_default=list)
    expires_at = fields.AwareDateTime(load_default=None, allow_none=True)


class CreateRule(Said):
    pass


class ChangeRule(Said):
    rule_id = fields.UUID(required=True)
    version = Position()


class OfRule(Query):
    rule_id = fields.UUID(required=True)


class DeleteRule(Command):
    rule_id = fields.UUID(required=True)
    version = Position()


class ListRules(Page):
    resource_type = Type(load_default=None, allow_none=True)
    resource_id = Name(load_default=None, allow_none=True)
    user = fields.UUID(load_default=None, allow_none=True)
    group = fields.UUID(load_default=None, allow_none=True)


class Right(Schema):
    principal = fields.String()
    resource = fields.Nested(Subject)
    permission = fields.String()


class Impact(Schema):
    gains = fields.List(fields.Nested(Right))
    loses = fields.List(fields.Nested(Right))
    gains_total = fields.Integer()
    loses_total = fields.Integer()


class Rule(Schema):
    id = fields.UUID()
    resource_type = fields.String()
    resource_id = fields.String(allow_none=True)
    resource_name = fields.String(allow_none=True)
    permission = fields.String()
    users = fields.List(fields.UUID())
    groups = fields.List(fields.UUID())
    expires_at = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime()
    version = fields.Integer()


class Rules(Cursor):
    items = fields.List(fields.Nested(Rule))
