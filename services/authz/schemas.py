"""Every command and every answer of this service."""

from contextlib import suppress
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_dump, validate

from services.chassis.errors import ServiceError, Unprocessable
from services.chassis.fields import Text
from services.chassis.history import AtField
from services.chassis.schemas import made

TYPES = ("project", "task", "model", "dataview", "dataset", "queue")
ACTIONS = ("read", "modify", "create", "delete", "rename")
PERMISSIONS = ("read", "modify")


class Position(fields.Integer):
    """As PostgreSQL's bigint."""

    def __init__(self) -> None:
        super().__init__(strict=True, load_default=None, allow_none=True, validate=validate.Range(0, 2**63 - 1))


class Name(Text):
    """A resource's own id is the platform's: any text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(shortest=1, longest=200, **kwargs)


class Type(fields.String):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.OneOf(TYPES), **kwargs)


class Action(fields.String):
    def __init__(self) -> None:
        super().__init__(required=True, validate=validate.OneOf(ACTIONS))


class OfWorkspace(Schema):
    """``heard``: the position of the log of workspaces that must be known here before anything else."""

    workspace_id = fields.UUID(required=True)
    heard = Position()


class Query(OfWorkspace):
    """``at``: answered as it would have been then."""

    at = AtField()


class Command(OfWorkspace):
    dry_run = fields.Boolean(load_default=False)


class Page(Query):
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, allow_none=True)


# Questions


class Resource(Schema):
    type = Type(required=True)
    id = Name(required=True)


class Question(Schema):
    account_id = fields.UUID(required=True)
    action = Action()
    resource = fields.Nested(Resource, required=True)
    explain = fields.Boolean(load_default=False)


class Check(Question, Query):
    at_least = Position()


class CheckBatch(Query):
    checks = fields.List(fields.Raw(), required=True)
    at_least = Position()


class Accessible(Page):
    account_id = fields.UUID(required=True)
    type = Type(required=True)
    action = Action()


class WhoCan(Page):
    type = Type(required=True)
    id = Name(required=True)
    action = Action()


# Groups


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


# Rules


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


# Resources


class Parent(Schema):
    type = fields.String(required=True, validate=validate.OneOf(["project"], error="Only projects hold something."))
    id = Name(required=True)


class Project(fields.Field[Any]):
    """The project that holds something, as its id. What is plainly right is not sent through a schema: a batch holds ten thousand."""

    _id = Name()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, dict) and value.keys() == {"type", "id"} and value["type"] == "project":
            with suppress(ValidationError):
                return self._id.deserialize(value["id"])
        return made(Parent).load(value)["id"]


class Named(Schema):
    name = Text(required=True, shortest=1, longest=200)
    parent = Project(load_default=None, allow_none=True)


class Delete(Resource):
    op = fields.String(required=True)


class Put(Named, Delete):
    pass


class Growing(Command):
    """``no_room``: what those are answered who would create something, when the workspace may not grow."""

    account_id = fields.UUID(required=True)
    no_room = fields.Dict(load_default=None, allow_none=True)


class PutResource(Named, Resource, Growing):
    pass


class DeleteResource(Resource, Command):
    account_id = fields.UUID(required=True)


class ChangeResources(Growing):
    changes = fields.List(fields.Raw(), required=True)


class ListResources(Page):
    account_id = fields.UUID(required=True)
    type = Type(load_default=None, allow_none=True)
    q = Text(load_default=None, allow_none=True, longest=200)
    parent_id = Name(load_default=None, allow_none=True, data_key="parent")


# Answers


class Subject(Schema):
    """``id`` null: the whole type."""

    type = fields.String()
    id = fields.String(allow_none=True)


class Because(Schema):
    rule_id = fields.String(allow_none=True)
    via_group = fields.List(fields.String())
    inherited_from = fields.Nested(Subject, allow_none=True)
    event_ids = fields.List(fields.String())
    built_in = fields.String(allow_none=True)


class Nearest(Schema):
    wants = fields.String()
    role = fields.String(allow_none=True)
    rule_id = fields.String(allow_none=True)
    subject = fields.Nested(Subject, allow_none=True)
    permission = fields.String(allow_none=True)


class Refusal(Schema):
    code = fields.String()
    detail = fields.String()
    errors = fields.Dict()


class Result(Schema):
    """``expires_at``: when time alone may change the answer; ``reason``: why nobody may, where that is so."""

    allowed = fields.Boolean()
    reason = fields.String()
    expires_at = fields.AwareDateTime(allow_none=True)
    because = fields.Nested(Because, allow_none=True)
    nearest = fields.List(fields.Nested(Nearest))


class Known(Schema):
    """``position``: of the own log, ``heard``: of that of workspaces; everything up to there was considered."""

    position = fields.Integer()
    heard = fields.Integer()


class Decision(Result, Known):
    pass


class BatchResult(Result):
    error = fields.Nested(Refusal)

    @pre_dump
    def refused(self, outcome: Any, **_: Any) -> Any:
        return {"error": _refusal(outcome)} if isinstance(outcome, ServiceError) else outcome


class Decisions(Known):
    results = fields.List(fields.Nested(BatchResult))


class Right(Schema):
    principal = fields.String()
    resource = fields.Nested(Subject)
    permission = fields.String()


class Impact(Schema):
    gains = fields.List(fields.Nested(Right))
    loses = fields.List(fields.Nested(Right))
    gains_total = fields.Integer()
    loses_total = fields.Integer()


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


class ResourceRow(Schema):
    type = fields.String()
    id = fields.String()
    name = fields.String()
    parent = fields.Nested(Subject, allow_none=True)
    status = fields.String()

    @pre_dump
    def with_parent(self, row: Any, **_: Any) -> Any:
        parent = row.get("parent", row.get("parent_id"))
        return {**row, "parent": {"type": "project", "id": parent} if parent is not None else None}


class _Cursor(Schema):
    next_cursor = fields.String(allow_none=True)


class Groups(_Cursor):
    items = fields.List(fields.Nested(Group))


class Rules(_Cursor):
    items = fields.List(fields.Nested(Rule))


class Resources(_Cursor):
    items = fields.List(fields.Nested(ResourceRow))


class Accounts(_Cursor):
    items = fields.List(fields.Nested(Schema.from_dict({"account_id": fields.String()})))


class Subjects(_Cursor):
    items = fields.List(fields.Nested(Subject))


class GroupName(Schema):
    id = fields.UUID()
    name = fields.String()


def question(raw: Any) -> Any:
    return _loaded(Question, raw)


def change(raw: Any) -> Any:
    """``op`` is put or delete."""
    op = raw.get("op") if isinstance(raw, dict) else None
    if op not in ("put", "delete"):
        return Unprocessable("invalid_fields", "see errors for what is wrong with each field", {"op": ["Must be one of: put, delete."]})
    return _loaded(Put if op == "put" else Delete, raw)


def outcome(done: str | ServiceError) -> dict[str, Any]:
    """What became of a change, in an answer that may hold ten thousand of them."""
    return {"error": _refusal(done)} if isinstance(done, ServiceError) else {"status": done}


def _loaded(kind: type[Schema], raw: Any) -> Any:
    """Or the refusal: one bad item of a batch does not spoil the others."""
    try:
        return made(kind).load(raw)
    except ValidationError as error:
        return Unprocessable("invalid_fields", "see errors for what is wrong with each field", error.normalized_messages())


def _refusal(error: ServiceError) -> dict[str, Any]:
    return {"code": error.code, "detail": error.detail, "errors": error.fields}
