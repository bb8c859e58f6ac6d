"""Whether a reverse proxy may let a request pass: nginx's ``auth_request`` and Envoy's external authorization ask here.

The proxy says in headers of its own what the request needs, and so overwrites what a client might have sent under these names:
a scope, a workspace to be a member of, a resource and an action. The answer is 200, 401 or 403; its headers name the caller.
"""

from typing import Any

from flask import Blueprint, Response
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from gateway.access import Principal
from gateway.api.schemas import Id
from gateway.bodies import validated
from gateway.calls import Request, principal, this_request
from gateway.credentials import authenticate
from gateway.decisions import ACTIONS, TYPES, Question, check_paid, decide
from gateway.permissions import Permission, check_scope, check_workspace, requires
from gateway.roles import role_of
from services.chassis.errors import PermissionDenied
from services.chassis.fields import Text
from services.chassis.scopes import SCOPES

blp = Blueprint("verify", __name__)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NAMES = ("scope", "workspace", "type", "id", "action", "method")


class Need(Schema):
    """What the proxy demands, from the headers ``X-Gatehouse-Scope`` and so on."""

    scope = fields.String(validate=validate.OneOf(SCOPES))
    workspace = Id()
    type = fields.String(validate=validate.OneOf(TYPES))
    id = Text(shortest=1, longest=200)
    action = fields.String(load_default="read", validate=validate.OneOf(ACTIONS))
    method = fields.String(validate=validate.OneOf(METHODS))

    @validates_schema
    def _is_whole(self, data: dict[str, Any], **_: Any) -> None:
        if ("type" in data) != ("id" in data) or ("type" in data and "workspace" not in data):
            raise ValidationError({"type": ["A resource has a workspace, a type and an id."]})


_NEED = Need()


def _verify(req: Request) -> None:
    need = validated(_NEED, {name: value for name in NAMES if (value := req.headers.get(f"X-Gatehouse-{name}")) is not None})
    # The sub-request is a GET; what its cookie must prove depends on the request the client really sent.
    who = authenticate(req, method=need.get("method", req.method))
    if "scope" in need:
        check_scope(who, need["scope"])
    if "workspace" in need:
        _check_there(req, who, need)


def _check_there(req: Request, who: Principal, need: dict[str, Any]) -> None:
    check_workspace(who, need["workspace"])
    if role_of(req, need["workspace"], who.account_id) is None:
        raise PermissionDenied("workspace_not_found", "There is no such workspace, or you are not in it.")
    if "type" in need:
        question = Question(who.account_id, need["action"], need["type"], need["id"])
        if not (decision := decide(req, need["workspace"], question)).allowed:
            check_paid(decision)
            raise PermissionDenied("access_denied", f"You may not {need['action']} this {need['type']}.")


@blp.route("/v1/verify", methods=METHODS, defaults={"rest": ""})
@blp.route("/v1/verify/<rest:rest>", methods=METHODS)
@requires(Permission("verified", _verify))
def verify(rest: str) -> Response:
    """``rest``: Envoy appends the path of the request it asks about."""
    req, who = this_request(), principal()
    named = {"Account": who.account_id, "Kind": who.kind, "Credential": who.credential_id, "Operator": "true" if who.operator else "false"}
    if workspace_id := req.headers.get("X-Gatehouse-Workspace"):
        named |= {"Workspace": workspace_id, "Role": role_of(req, workspace_id, who.account_id) or ""}
    return Response("", 200, {f"X-Gatehouse-{name}": value for name, value in named.items()})
