"""The members of a workspace, pending invitations among them."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from gateway.access import member_scope
from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Id, Moment, Paging, Time, page, role
from gateway.calls import ask, gateway, principal, tell
from gateway.decisions import at
from gateway.past import Historical, Past, past
from gateway.permissions import admin, member, requires
from services.chassis.fields import Text

blp = Blueprint("members", __name__, url_prefix="/v1/workspaces/<uuid:workspace_id>/members", description="Members and their roles")

STATUSES = ("active", "pending", "expired")


class GroupName(Schema):
    id = Id(required=True)
    name = fields.String(required=True)


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
    groups = fields.List(fields.Nested(GroupName), required=True, metadata={"description": "all of them but Users and Admins"})


class MembersPaging(Paging, Historical):
    status = fields.String(
        validate=validate.OneOf(STATUSES), metadata={"description": "default: active and pending; expired are shown only if asked for"}
    )
    role = role()
    q = Text(longest=100, metadata={"description": "part of the username, the name or the invited address"})


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
    """With ``q``, a page may hold fewer than asked for, even none, and still have a next one. Usernames and names are those of today."""
    wanted, when = paging.pop("q", "").casefold(), past("workspaces", workspace_id, paging.pop("at", None))
    for _ in range(PAGES):
        found = ask("workspaces", "list_members", workspace_id=str(workspace_id), **paging, **when.of("workspaces"))
        items = [item for item in _described(workspace_id, found["items"], when) if not wanted or _named_so(item, wanted)]
        if items or found["next_cursor"] is None:
            break
        paging["cursor"] = found["next_cursor"]
    return {"items": items, "next_cursor": found["next_cursor"]}


@blp.patch("/<uuid:account_id>")
@requires(admin)
@blp.arguments(MemberChange)
@blp.response(200, Member)
def change_member(body: dict[str, Any], workspace_id: UUID, account_id: UUID) -> Any:
    """Another role, an end of the membership, or both at once. What is not named stays."""
    whose = {"workspace_id": str(workspace_id), "account_id": str(account_id)}
    with gateway().access.dropping(member_scope(**whose)):
        changed = tell("workspaces", "change_member", **whose, **body)
    return _described(workspace_id, [changed], Past())[0]


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


# Of members looked through for a name before the caller has to ask on: names are another service's than memberships.
PAGES = 20
UNNAMED = {"username": None, "name": None}


def profiles(account_ids: Any) -> dict[str, dict[str, Any]]:
    """Username and name by account, for those that still exist."""
    wanted = sorted({i for i in account_ids if i})
    found = ask("identity", "profiles", account_ids=wanted)["items"] if wanted else []
    return {item["account_id"]: {"username": item["username"], "name": item["name"]} for item in found}


def _described(workspace_id: UUID, items: list[dict[str, Any]], when: Past) -> list[dict[str, Any]]:
    known = [item["account_id"] for item in items if item["account_id"]]
    groups = ask("authz", "groups_of_members", **at(workspace_id), account_ids=known, **when.of("authz")) if known else {}
    named = profiles(known)
    return [item | {"groups": groups.get(item["account_id"], [])} | named.get(item["account_id"], UNNAMED) for item in items]


def _named_so(item: dict[str, Any], wanted: str) -> bool:
    return any(wanted in (item.get(field) or "").casefold() for field in ("username", "name", "email"))


def _go(method: str, workspace_id: UUID, account_id: str) -> None:
    with gateway().access.dropping(member_scope(str(workspace_id), account_id)):
        tell("workspaces", method, workspace_id=str(workspace_id), account_id=account_id)
