from marshmallow import Schema, fields, validate

from services.authz.schemas.shared import Command, Cursor, Page, Position, Query
from services.chassis.fields import Text


class OfGroup(Query):
    group_id = fields.UUID(required=True)


class CreateGroup(Command):
    name = Text(required=True, shortest=1, longest=100)
    description = Text(load_default="", longest=1_000)
    members = fields.List(fields.UUID(), load_default=list)
    groups = fields.List(fields.UUID(), load_default=list)


class ChangeGroup(Command):
    group_id = fields.UUID(required=True)
    name = Text(load_default=None, allow_none=True, shortest=1, longest=100)
    description = Text(load_default=None, allow_none=True, longest=1_000)
    members = fields.List(fields.UUID(), load_default=None, allow_none=True)
    groups = fields.List(fields.UUID(), load_default=None, allow_none=True)
    version = Position()


class OneGroup(Command):
    group_id = fields.UUID(required=True)


class GroupMember(OneGroup):
    account_id = fields.UUID(required=True)


class ListGroups(Page):
    q = Text(load_default=None, allow_none=True, longest=100)


class GroupsOfMember(Query):
    account_id = fields.UUID(required=True)


class GroupsOfMembers(Query):
    account_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=1_000))


class Group(Schema):
    """``members``: in a list, not more than the first; ``member_count`` counts all."""

    id = fields.UUID()
    name = fields.String()
    description = fields.String()
    built_in = fields.Boolean()
    members = fields.List(fields.UUID())
    member_count = fields.Integer()
    groups = fields.List(fields.UUID())
    version = fields.Integer()


class Groups(Cursor):
    items = fields.List(fields.Nested(Group))


class GroupName(Schema):
    id = fields.UUID()
    name = fields.String()
