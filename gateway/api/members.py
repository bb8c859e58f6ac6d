"""The members of a workspace, pending invitations among them."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from gateway.access import member_scope
from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Id, Moment, Paging, Time, page, role
from gateway.calls import ask, gateway, principal, tell
from gateway.permissions import admin, member, requires

blp = Blueprint("members", __name__, url_prefix="/v1/workspaces/<uuid:workspace_id>/members", description="Members and their roles")

STATUSES = ("active", "pending", "expired")


class Member(Schema):
    account_id = Id(required=True, allow_none=True, metadata={"description": "null while the invitation is pending"})
    username = fields.String(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)
    email = fields.String(allow_none=True, metadata={"description": "only while the invitation is pending"})
    role = role(required=True)
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})
    invited_at = Time(allow_none=True)
    joined_at = Time(allow_none=True)
    expires_at = Time(allow_none=True, metadata={"description": "when the membership ends by itself"})
    groups = fields.List(Id(), required=True)


class MembersPaging(Paging):
    status = fields.String(
        validate=validate.OneOf(STATUSES), metadata={"description": "default: active and pending; expired are shown only if asked for"}
    )
    role = role()


class MemberChange(Schema):
    role = role()
    expires_at = Moment(allow_none=True, metadata={"description": "null: the membership lasts"})

    @validates_schema
    def _changes_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError({"role": ["Give a role, expires_at, or both."]})


@blp.get("")
@requires(member)
@blp.arguments(MembersPaging, location="query")
@blp.response(200, page(Member))
def list_members(paging: dict[str, Any], workspace_id: UUID) -> Any:
    found = ask("workspaces", "list_members", workspace_id=str(workspace_id), **paging)
    named = profiles(item["account_id"] for item in found["items"])
    return found | {"items": [item | NO_GROUPS | named.get(item["account_id"], UNNAMED) for item in found["items"]]}


@blp.patch("/<uuid:account_id>")
@requires(admin)
@blp.arguments(MemberChange)
@blp.response(200, Member)
def change_member(body: dict[str, Any], workspace_id: UUID, account_id: UUID) -> Any:
    """Another role, an end of the membership, or both at once. What is not named stays."""
    whose = {"workspace_id": str(workspace_id), "account_id": str(account_id)}
    with gateway().access.dropping(member_scope(**whose)):
        changed = tell("workspaces", "change_member", **whose, **body)
    return changed | NO_GROUPS | profiles([str(account_id)]).get(str(account_id), UNNAMED)


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


# Until there are groups.
NO_GROUPS: dict[str, Any] = {"groups": []}
UNNAMED = {"username": None, "name": None}


def profiles(account_ids: Any) -> dict[str, dict[str, Any]]:
    """Username and name by account, for those that still exist."""
    wanted = sorted({i for i in account_ids if i})
    found = ask("identity", "profiles", account_ids=wanted)["items"] if wanted else []
    return {item["account_id"]: {"username": item["username"], "name": item["name"]} for item in found}


def _go(method: str, workspace_id: UUID, account_id: str) -> None:
    with gateway().access.dropping(member_scope(str(workspace_id), account_id)):
        tell("workspaces", method, workspace_id=str(workspace_id), account_id=account_id)
