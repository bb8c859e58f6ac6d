"""The members of a workspace, pending invitations among them."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from gateway.access import member_scope
from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Id, Paging, Time, page, role
from gateway.calls import ask, gateway, principal, tell
from gateway.permissions import admin, member, requires

blp = Blueprint("members", __name__, url_prefix="/v1/workspaces/<uuid:workspace_id>/members", description="Members and their roles")


class Member(Schema):
    account_id = Id(required=True, allow_none=True, metadata={"description": "null while the invitation is pending"})
    username = fields.String(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)
    email = fields.String(allow_none=True, metadata={"description": "only while the invitation is pending"})
    role = role(required=True)
    status = fields.String(required=True, metadata={"enum": ["active", "pending"]})
    invited_at = Time(allow_none=True)
    joined_at = Time(allow_none=True)


class NewRole(Schema):
    role = role(required=True)


@blp.get("")
@requires(member)
@blp.arguments(Paging, location="query")
@blp.response(200, page(Member))
def list_members(paging: dict[str, Any], workspace_id: UUID) -> Any:
    found = ask("workspaces", "list_members", workspace_id=str(workspace_id), **paging)
    named = profiles(item["account_id"] for item in found["items"])
    return found | {"items": [item | named.get(item["account_id"], UNNAMED) for item in found["items"]]}


@blp.patch("/<uuid:account_id>")
@requires(admin)
@blp.arguments(NewRole)
@blp.response(200, Member)
def change_role(body: dict[str, Any], workspace_id: UUID, account_id: UUID) -> Any:
    whose = {"workspace_id": str(workspace_id), "account_id": str(account_id)}
    with gateway().access.dropping(member_scope(**whose)):
        tell("workspaces", "change_role", **whose, **body)
    named = profiles([str(account_id)]).get(str(account_id), UNNAMED)
    return {"account_id": str(account_id), "status": "active", **body, **named}


@blp.delete("/me")
@requires(member)
@blp.response(204)
def leave(workspace_id: UUID) -> None:
    _go("leave_workspace", workspace_id, principal().account_id)


@blp.delete("/<uuid:account_id>")
@requires(admin)
@blp.response(204)
def remove_member(workspace_id: UUID, account_id: UUID) -> None:
    """From the moment this answers, the member is refused here; everywhere else within 100 ms."""
    _go("remove_member", workspace_id, str(account_id))


UNNAMED = {"username": None, "name": None}


def profiles(account_ids: Any) -> dict[str, dict[str, Any]]:
    """Username and name by account, for those that still exist."""
    wanted = sorted({i for i in account_ids if i})
    found = ask("identity", "profiles", account_ids=wanted)["items"] if wanted else []
    return {item["account_id"]: {"username": item["username"], "name": item["name"]} for item in found}


def _go(method: str, workspace_id: UUID, account_id: str) -> None:
    with gateway().access.dropping(member_scope(str(workspace_id), account_id)):
        tell("workspaces", method, workspace_id=str(workspace_id), account_id=account_id)
