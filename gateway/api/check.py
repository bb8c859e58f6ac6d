"""May somebody do something? The most frequent question of all, alone or by the thousand."""

import json
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from flask import Response
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from gateway.api.blueprint import Blueprint, described
from gateway.api.schemas import Flag, Id
from gateway.bodies import check_media_type, parse, read, validated
from gateway.calls import Request, principal, this_request
from gateway.decisions import ACTIONS, TYPES, Question, answered, decide, decide_all
from gateway.past import Historical, Past, past
from gateway.permissions import member, requires
from gateway.roles import role_of
from services.chassis.errors import PermissionDenied
from services.chassis.fields import Text

blp = Blueprint("check", __name__, url_prefix="/v1/workspaces/<uuid:workspace_id>", description="Decisions")
MOST = 1_000
AT_LEAST = {"description": "position of an earlier answer; this one is not older"}
PRINCIPAL = {"description": "an account; default: the caller. Asking about others needs the role admin"}
NOT_ABOUT_OTHERS = {"code": "role_insufficient", "detail": "Asking about somebody else needs the role admin."}


class ResourceName(Schema):
    type = fields.String(required=True, validate=validate.OneOf(TYPES))
    id = Text(required=True, shortest=1, longest=200)


class OneCheck(Schema):
    principal = Id(metadata=PRINCIPAL)
    action = fields.String(required=True, validate=validate.OneOf(ACTIONS))
    resource = fields.Nested(ResourceName, required=True)


def _position() -> fields.Integer:
    return fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 2**63 - 1), metadata=AT_LEAST)


class Check(OneCheck):
    at_least = _position()
    explain = Flag(load_default=False, metadata={"description": "answer the reason too"})


class Checks(Schema):
    checks = fields.List(fields.Nested(OneCheck), required=True, validate=validate.Length(1, MOST))
    at_least = _position()


class Subject(Schema):
    type = fields.String(required=True)
    id = fields.String(required=True, allow_none=True, metadata={"description": "null: the whole type"})


class Because(Schema):
    """What allows it: a rule, or something built in."""

    rule_id = Id(required=True, allow_none=True)
    via_group = fields.List(
        Id(), required=True, metadata={"description": "from the group the principal is in up to the one the rule names"}
    )
    inherited_from = fields.Nested(Subject, required=True, allow_none=True, metadata={"description": "what the rule is on, if not on this"})
    event_ids = fields.List(fields.String(), required=True, metadata={"description": "the events that made it so"})
    built_in = fields.String(required=True, allow_none=True, metadata={"enum": ["admin", "editor", "viewer", "queue_admins", None]})


class Missing(Schema):
    """The grant that would allow it."""

    wants = fields.String(required=True, metadata={"enum": ["membership", "role", "queue_admins", "rule", "payment"]})
    role = fields.String(required=True, allow_none=True)
    rule_id = Id(required=True, allow_none=True, metadata={"description": "the rule to be named by; null: a new one"})
    subject = fields.Nested(Subject, required=True, allow_none=True, metadata={"description": "what that rule is on"})
    permission = fields.String(required=True, allow_none=True)


REASON = {"enum": ["payment_required"], "description": "why nobody may: the workspace's projects are closed until it has paid"}


class Decided(Schema):
    allowed = fields.Boolean(required=True)
    reason = fields.String(metadata=REASON)
    position = fields.Integer(required=True)
    because = fields.Nested(Because, metadata={"description": "with explain, where allowed"})
    nearest = fields.List(fields.Nested(Missing), metadata={"description": "with explain, where denied: what to grant"})


class Result(Schema):
    allowed = fields.Boolean()
    reason = fields.String(metadata=REASON)
    error = fields.Dict(metadata={"description": "instead of allowed: code, detail and errors by field"})


class Results(Schema):
    results = fields.List(fields.Nested(Result), required=True, metadata={"description": "in the order of the checks"})
    position = fields.Integer(required=True)


_EXPLAINED = ("allowed", "reason", "position", "because", "nearest")
ANSWER = '{"allowed": %s, "position": %d}'


class Asked(NamedTuple):
    account_id: str | None
    action: str
    type: str
    id: str
    at_least: int
    explain: bool


@blp.post("/check")
@requires(member)
@described(
    blp.arguments(Historical, location="query"),
    blp.doc(requestBody={"required": True, "content": {"application/json": {"schema": Check}}}),
    blp.response(200, Decided),
)
def check(workspace_id: UUID) -> Response:
    req = this_request()
    workspace = req.workspace_id
    check_media_type(req)
    asked = _asked(read(req))
    question = Question(subject(req, workspace, asked.account_id), asked.action, asked.type, asked.id)
    when = _when(req, workspace_id)
    if asked.explain or when.moment:
        found = answered(workspace, question, asked.at_least, explain=asked.explain, when=when)
        return _json({name: found[name] for name in _EXPLAINED if found.get(name) not in (None, [])})
    decision = decide(req, workspace, question, asked.at_least)
    if decision.reason:
        return _json({"allowed": False, "reason": decision.reason, "position": decision.position})
    return Response(ANSWER % ("true" if decision.allowed else "false", decision.position), content_type="application/json")


@blp.post("/check:batch")
@requires(member)
@described(
    blp.arguments(Historical, location="query"),
    blp.doc(requestBody={"required": True, "content": {"application/json": {"schema": Checks}}}),
    blp.response(200, Results),
)
def check_batch(workspace_id: UUID) -> Response:
    """Up to 1,000 at once. Each gets an answer or an error of its own, in the order asked."""
    req = this_request()
    check_media_type(req)
    body = parse(read(req))
    envelope = validated(_ENVELOPE, body)
    asked = [_question(req, str(workspace_id), item) for item in envelope["checks"]]
    questions = [question for question in asked if isinstance(question, Question)]
    decisions = iter(decide_all(req, str(workspace_id), questions, envelope["at_least"], _when(req, workspace_id)))
    results: list[dict[str, Any]] = []
    position = 0
    for question in asked:
        if not isinstance(question, Question):
            results.append({"error": question})
            continue
        decision = next(decisions)
        position = decision.position if not position else min(position, decision.position)
        results.append({"allowed": False, "reason": decision.reason} if decision.reason else {"allowed": decision.allowed})
    return _json({"results": results, "position": position})


class _Envelope(Schema):
    """The checks as they are: each is judged alone."""

    checks = fields.List(fields.Raw(allow_none=True), required=True, validate=validate.Length(1, MOST))
    at_least = _position()


_CHECK, _ONE, _ENVELOPE, _HISTORICAL = Check(), OneCheck(), _Envelope(), Historical()


def _when(req: Request, workspace_id: UUID) -> Past:
    """A mistyped parameter must not be answered as of now."""
    if not req.query_string:
        return _NOW
    return past("authz", workspace_id, validated(_HISTORICAL, req.args.to_dict()).get("at"))


_NOW = Past()


@lru_cache(maxsize=10_000)
def _asked(raw: bytes) -> Asked:
    """Clients ask the same few questions over and over: each body is parsed and validated once. Refusals are not kept."""
    asked = validated(_CHECK, parse(raw))
    resource = asked["resource"]
    return Asked(asked.get("principal"), asked["action"], resource["type"], resource["id"], asked["at_least"], asked["explain"])


def _question(req: Request, workspace_id: str, item: Any) -> Question | dict[str, Any]:
    """The question, or what is wrong with it."""
    try:
        one = item if _plain(item) else _ONE.load(item, unknown=RAISE)
        resource = one["resource"]
        return Question(subject(req, workspace_id, one.get("principal")), one["action"], resource["type"], resource["id"])
    except ValidationError as error:
        return {"code": "invalid_fields", "detail": "Some fields are wrong; see errors.", "errors": error.messages}
    except PermissionDenied:
        return NOT_ABOUT_OTHERS


def _plain(item: Any) -> bool:
    """Whether a check about the caller is plainly right. The schema needs 25 µs for that, which a thousand times is long."""
    match item:
        case {"action": str(action), "resource": {"type": str(kind), "id": str(id), **unknown}, **more} if not (unknown or more):
            return action in ACTIONS and kind in TYPES and 1 <= len(id) <= 200 and id.isprintable() and id == id.strip()
    return False


def subject(req: Request, workspace_id: str, account_id: str | None) -> str:
    own = principal().account_id
    if account_id in (None, own):
        return own
    if role_of(req, workspace_id, own) != "admin":
        raise PermissionDenied(NOT_ABOUT_OTHERS["code"], NOT_ABOUT_OTHERS["detail"])
    return str(account_id)


def _json(value: Any) -> Response:
    return Response(json.dumps(value), content_type="application/json")
