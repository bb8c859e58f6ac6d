"""The workspace one works in: a property of the session, so every tab of a browser has the same."""

from typing import Any

from marshmallow import Schema, fields

from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Id, Time
from gateway.api.workspaces import Workspace
from gateway.calls import Request, ask, principal, tell, this_request
from gateway.permissions import in_session, requires
from gateway.roles import role_of

blp = Blueprint("active", __name__, url_prefix="/v1/sessions/current", description="The session at hand and its active workspace")


class Switch(Schema):
    workspace_id = Id(required=True)


class CurrentSession(Schema):
    id = Id(required=True)
    created_at = Time(required=True)
    expires_at = Time(required=True)
    ip = fields.String(allow_none=True)
    user_agent = fields.String(allow_none=True)
    workspace = fields.Nested(Workspace, required=True, allow_none=True, metadata={"description": "null until there is a personal one"})


@blp.get("")
@requires(in_session)
@blp.response(200, CurrentSession)
def current_session() -> Any:
    """With the workspace that is active in it: the personal one until another is chosen, and again when that one is lost."""
    session = ask("identity", "get_session", account_id=principal().account_id, session_id=principal().session_id)
    workspace_id = active_workspace(this_request(), session["workspace_id"])
    return session | {"workspace": _workspace(workspace_id) if workspace_id else None}


@blp.put("/workspace")
@requires(in_session)
@blp.arguments(Switch)
@blp.response(200, Workspace)
def switch(body: dict[str, Any]) -> Any:
    """Makes a workspace of the caller's the active one, in all tabs of this session."""
    chosen = _workspace(body["workspace_id"])
    tell("identity", "switch_workspace", account_id=principal().account_id, session_id=principal().session_id, **body)
    return chosen


def active_workspace(req: Request, chosen: str | None) -> str | None:
    """The one chosen, while the caller belongs to it; judged now, so nothing has to happen to sessions when a membership ends."""
    account_id = principal().account_id
    if chosen and role_of(req, chosen, account_id):
        return chosen
    found: str | None = ask("workspaces", "personal_workspace", account_id=account_id)["workspace_id"]
    return found


def _workspace(workspace_id: str) -> dict[str, Any]:
    return ask("workspaces", "get_workspace", workspace_id=workspace_id, account_id=principal().account_id)
