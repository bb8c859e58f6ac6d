from typing import Any

from marshmallow import Schema, fields, pre_dump, validate

from services.authz.schemas.shared import Cursor, Name, Page, Position, Query, Resource, Subject, Type, loaded, refusal
from services.chassis.errors import ServiceError

ACTIONS = ("read", "modify", "create", "delete", "rename")


class Action(fields.String):
    def __init__(self) -> None:
        super().__init__(required=True, validate=validate.OneOf(ACTIONS))


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
        return {"error": refusal(outcome)} if isinstance(outcome, ServiceError) else outcome


class Decisions(Known):
    results = fields.List(fields.Nested(BatchResult))


class Accounts(Cursor):
    items = fields.List(fields.Nested(Schema.from_dict({"account_id": fields.String()})))


class Subjects(Cursor):
    items = fields.List(fields.Nested(Subject))


def question(raw: Any) -> Any:
    return loaded(Question, raw)
