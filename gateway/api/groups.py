"""Groups: the built-in ones and a workspace's own."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validates_schema

from gateway.api.blueprint import Blueprint
from gateway.api.impact import IMPACT, Trial, done, tried, tried_or_done
from gateway.api.schemas import Id, Paging, page
from gateway.calls import ask, this_request
from gateway.decisions import at
from gateway.etags import expected, tagged
from gateway.past import Historical, past
from gateway.permissions import admin, requires
from services.chassis.fields import Text

blp = Blueprint("groups", __name__, url_prefix="/v1/workspaces/<uuid:workspace_id>/groups", description="Groups of members")
MEMBERS = {"description": "accounts that are members of the workspace"}
NESTED = {"description": "groups whose members belong to this one too"}


class NewGroup(Schema):
    name = Text(required=True, shortest=1, longest=100)
    description = Text(longest=1_000, load_default="")
    members = fields.List(Id(), load_default=list, metadata=MEMBERS)
    groups = fields.List(Id(), load_default=list, metadata=NESTED)


class GroupChange(Schema):
    name = Text(shortest=1, longest=100)
    description = Text(longest=1_000)
    members = fields.List(Id(), metadata=MEMBERS)
    groups = fields.List(Id(), metadata=NESTED)

    @validates_schema
    def _changes_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError({"name": ["Give a name, a description, members, groups, or several of them."]})


class Group(Schema):
    id = Id(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    built_in = fields.Boolean(required=True)
    members = fields.List(Id(), required=True, metadata={"description": "those named one by one; a list of groups counts them only"})
    groups = fields.List(Id(), required=True, metadata=NESTED)
    member_count = fields.Integer(required=True)
    version = fields.Integer(required=True, metadata={"description": "the ETag, without its quotes"})
    position = fields.Integer(metadata={"description": "of the write: what a check may be asked to know"})


class GroupsQuery(Paging, Historical):
    q = Text(longest=100, metadata={"description": "part of the name"})


@blp.get("")
@requires(admin)
@blp.arguments(GroupsQuery, location="query")
@blp.response(200, page(Group))
def list_groups(query: dict[str, Any], workspace_id: UUID) -> Any:
    """The built-in ones first, then by name."""
    when = past("authz", workspace_id, query.pop("at", None))
    return ask("authz", "list_groups", **at(workspace_id), **query, **when.of("authz"))


@blp.post("")
@requires(admin)
@blp.arguments(Trial, location="query")
@blp.arguments(NewGroup)
@blp.response(201, Group)
@blp.alt_response(200, **IMPACT)
def create_group(trial: dict[str, Any], body: dict[str, Any], workspace_id: UUID) -> Any:
    if trial["dry_run"]:
        return tried("create_group", workspace_id, **body)
    made = done("create_group", workspace_id, **body)
    return tagged(made, Location=f"/v1/workspaces/{workspace_id}/groups/{made['id']}")


@blp.get("/<uuid:group_id>")
@requires(admin)
@blp.arguments(Historical, location="query")
@blp.response(200, Group)
def get_group(query: dict[str, Any], workspace_id: UUID, group_id: UUID) -> Any:
    when = past("authz", workspace_id, query.get("at"))
    found = ask("authz", "get_group", **at(workspace_id), group_id=str(group_id), **when.of("authz"))
    return found if when.moment else tagged(found)


@blp.patch("/<uuid:group_id>")
@requires(admin)
@blp.arguments(Trial, location="query")
@blp.arguments(GroupChange)
@blp.response(200, Group)
def change_group(trial: dict[str, Any], body: dict[str, Any], workspace_id: UUID, group_id: UUID) -> Any:
    """What is not named stays. Lists replace the former ones. With If-Match, only if nobody else has changed it meanwhile."""
    command = body | {"group_id": str(group_id), "version": expected(this_request())}
    return tried("change_group", workspace_id, **command) if trial["dry_run"] else tagged(done("change_group", workspace_id, **command))


@blp.delete("/<uuid:group_id>")
@requires(admin)
@blp.arguments(Trial, location="query")
@blp.response(204)
@blp.alt_response(200, **IMPACT)
def delete_group(trial: dict[str, Any], workspace_id: UUID, group_id: UUID) -> Any:
    """Also one that rules use: its members lose what only it gave them, and what a rule closed stays closed."""
    return tried_or_done("delete_group", trial, workspace_id, group_id=str(group_id))


@blp.put("/<uuid:group_id>/members/<uuid:account_id>")
@requires(admin)
@blp.arguments(Trial, location="query")
@blp.response(204)
@blp.alt_response(200, **IMPACT)
def add_member(trial: dict[str, Any], workspace_id: UUID, group_id: UUID, account_id: UUID) -> Any:
    return tried_or_done("add_group_member", trial, workspace_id, group_id=str(group_id), account_id=str(account_id))


@blp.delete("/<uuid:group_id>/members/<uuid:account_id>")
@requires(admin)
@blp.arguments(Trial, location="query")
@blp.response(204)
@blp.alt_response(200, **IMPACT)
def remove_member(trial: dict[str, Any], workspace_id: UUID, group_id: UUID, account_id: UUID) -> Any:
    return tried_or_done("remove_group_member", trial, workspace_id, group_id=str(group_id), account_id=str(account_id))
