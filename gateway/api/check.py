"""May somebody do something? The most frequent question of all."""

import time
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields, validate

from gateway.access import Access, Decision, ending, member_scopes
from gateway.api.blueprint import Blueprint, described
from gateway.api.schemas import Id
from gateway.bodies import check_media_type, parse, read, validated
from gateway.calls import Request, ask, principal, this_request
from gateway.permissions import member, requires
from gateway.roles import role_of
from services.chassis.errors import PermissionDenied, Unprocessable
from services.chassis.fields import Text

blp = Blueprint("check", __name__, url_prefix="/v1/workspaces/<uuid:workspace_id>", description="Decisions")

ACTIONS = ("read", "modify", "create", "delete", "rename")
# Seconds; publishers tell of their position every half second.
PATIENCE = 0.8
TYPES = ("project", "task", "model", "dataview", "dataset", "queue")


class Resource(Schema):
    type = fields.String(required=True, validate=validate.OneOf(TYPES))
    id = Text(required=True, shortest=1, longest=200)


class Check(Schema):
    principal = Id(metadata={"description": "an account; default: the caller. Asking about others needs the role admin"})
    action = fields.String(required=True, validate=validate.OneOf(ACTIONS))
    resource = fields.Nested(Resource, required=True)
    at_least = fields.Integer(
        strict=True,
        validate=validate.Range(0, 2**63 - 1),
        metadata={"description": "position of the workspaces' log the answer must not be older than"},
    )


class Decided(Schema):
    allowed = fields.Boolean(required=True)
    position = fields.Integer(required=True)


ANSWER = '{"allowed": %s, "position": %d}'


class Question(NamedTuple):
    account_id: str | None
    action: str
    type: str
    id: str
    at_least: int


@blp.post("/check")
@requires(member)
@described(blp.doc(requestBody={"required": True, "content": {"application/json": {"schema": Check}}}), blp.response(200, Decided))
def check(workspace_id: UUID) -> Response:
    req = this_request()
    check_media_type(req)
    question = _question(read(req))
    _await_position(req.gateway.access, question.at_least)
    decision = _decide(req, str(workspace_id), question)
    return Response(ANSWER % ("true" if decision.allowed else "false", decision.position), content_type="application/json")


@lru_cache(maxsize=10_000)
def _question(raw: bytes) -> Question:
    """Clients ask the same few questions over and over: each body is parsed and validated once. Refusals are not kept."""
    asked = validated(_CHECK, parse(raw))
    return Question(asked.get("principal"), asked["action"], asked["resource"]["type"], asked["resource"]["id"], asked.get("at_least", 0))


_CHECK = Check()


def _decide(req: Request, workspace_id: str, question: Question) -> Decision:
    access = req.gateway.access
    account_id = _subject(req, workspace_id, question)
    _, action, kind, name, _ = question

    def answer() -> Decision:
        at_least = max(question.at_least, access.seen.of(workspace_id))
        resource = {"type": kind, "id": name}
        found = ask(
            "authz", "check", workspace_id=workspace_id, account_id=account_id, action=action, resource=resource, heard=at_least or None
        )
        return Decision(found["allowed"], found["heard"], ending(found["expires_at"]))

    key = (workspace_id, account_id, action, kind, name)
    decision = access.through(access.decisions, key, answer, lambda _: member_scopes(workspace_id, account_id), lambda made: made.until)
    return decision if decision.position >= question.at_least else answer()


def _await_position(access: Access, at_least: int) -> None:
    """Whoever was told a position elsewhere may be ahead of us, but not for long: one that stays unheard of does not exist."""
    deadline = time.monotonic() + PATIENCE
    while at_least > access.seen.head and access.trusted:
        if time.monotonic() > deadline:
            problem = {"at_least": ["Nothing has reached this position yet."]}
            raise Unprocessable("position_unknown", "Send a position that was answered before.", fields=problem)
        time.sleep(0.01)


def _subject(req: Request, workspace_id: str, question: Question) -> str:
    own = principal().account_id
    if question.account_id in (None, own):
        return own
    if role_of(req, workspace_id, own) != "admin":
        raise PermissionDenied("role_insufficient", "Asking about somebody else needs the role admin.")
    return str(question.account_id)
