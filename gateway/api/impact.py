"""Writes that can be tried first: ``?dry_run=true`` answers who would gain and who would lose what, and changes nothing."""

import json
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields

from gateway.access import decisions_scope
from gateway.api.schemas import Id
from gateway.calls import ask, gateway, told
from gateway.decisions import at


class Trial(Schema):
    dry_run = fields.Boolean(load_default=False, truthy={"true"}, falsy={"false"}, metadata={"description": "answer the impact instead"})


class Named(Schema):
    type = fields.String(required=True)
    id = fields.String(required=True)


class Right(Schema):
    principal = Id(required=True)
    resource = fields.Nested(Named, required=True)
    permission = fields.String(required=True, metadata={"enum": ["read", "modify"]})


class Impact(Schema):
    gains = fields.List(fields.Nested(Right), required=True, metadata={"description": "the first of them; gains_total counts all"})
    loses = fields.List(fields.Nested(Right), required=True, metadata={"description": "the first of them; loses_total counts all"})
    gains_total = fields.Integer(required=True)
    loses_total = fields.Integer(required=True)


IMPACT = {"schema": Impact, "description": "With dry_run=true: what would change."}


def tried(method: str, workspace_id: UUID, **command: Any) -> Response:
    found = ask("authz", method, **at(workspace_id), dry_run=True, **command)
    return Response(json.dumps(found), content_type="application/json")


def done(method: str, workspace_id: UUID, **command: Any) -> dict[str, Any]:
    """This gateway goes by no older decision from the moment it answers."""
    with gateway().access.dropping(decisions_scope(str(workspace_id))):
        answer = told("authz", method, **at(workspace_id), **command)
    return answer.data | ({"position": answer.position} if answer.position else {})


def tried_or_done(method: str, trial: dict[str, Any], workspace_id: UUID, **command: Any) -> Response | None:
    """For what is answered with nothing once it is done."""
    if trial["dry_run"]:
        return tried(method, workspace_id, **command)
    done(method, workspace_id, **command)
    return None
