"""Workspaces."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Id, Paging, Time, page, role
from gateway.calls import ask, gateway, principal, tell
from gateway.permissions import admin, check_everywhere, member, requires, scoped
from services.chassis.fields import Text
from services.chassis.scopes import WORKSPACES

blp = Blueprint("workspaces", __name__, url_prefix="/v1/workspaces", description="Workspaces")


_WORKSPACES = scoped(WORKSPACES)
SLUG = validate.Regexp(r"^[a-z0-9]+(-[a-z0-9]+)*\Z", error="Only lower-case letters, digits and single hyphens between them.")


class NewWorkspace(Schema):
    name = Text(required=True, shortest=1, longest=100)
    slug = fields.String(validate=[validate.Length(2, 50), SLUG])


class WorkspaceChange(Schema):
    name = Text(shortest=1, longest=100)
    slug = fields.String(validate=[validate.Length(2, 50), SLUG])

    @validates_schema
    def _changes_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError({"name": ["Give a name, a slug, or both."]})


class Workspace(Schema):
    id = Id(required=True)
    name = fields.String(required=True)
    slug = fields.String(required=True)
    personal = fields.Boolean(required=True)
    role = role(required=True)
    expires_at = Time(allow_none=True, metadata={"description": "when the caller's membership ends by itself"})
    member_count = fields.Integer(required=True)
    pending_count = fields.Integer(required=True, metadata={"description": "invitations that wait for an answer"})
    member_limit = fields.Integer(required=True, allow_none=True, metadata={"description": "of members and pending invitations together"})
    created_at = Time(required=True)


@blp.get("")
@requires(_WORKSPACES)
@blp.arguments(Paging, location="query")
@blp.response(200, page(Workspace))
def list_workspaces(paging: dict[str, Any]) -> Any:
    """The workspaces the caller is a member of."""
    who = principal()
    found = ask("workspaces", "list_workspaces", account_id=who.account_id, **paging)
    covered = [item for item in found["items"] if who.workspace_ids is None or item["id"] in who.workspace_ids]
    return found | {"items": covered}


@blp.post("")
@requires(_WORKSPACES)
@blp.arguments(NewWorkspace)
@blp.response(201, Workspace)
def create_workspace(body: dict[str, Any]) -> Any:
    """Creates a workspace with the caller as its administrator."""
    check_everywhere(principal())
    made = tell("workspaces", "create_workspace", account_id=principal().account_id, **body)
    return made, {"Location": f"/v1/workspaces/{made['id']}"}


@blp.get("/<uuid:workspace_id>")
@requires(member)
@blp.response(200, Workspace)
def get_workspace(workspace_id: UUID) -> Any:
    return ask("workspaces", "get_workspace", workspace_id=str(workspace_id), account_id=principal().account_id)


@blp.patch("/<uuid:workspace_id>")
@requires(admin)
@blp.arguments(WorkspaceChange)
@blp.response(200, Workspace)
def change_workspace(body: dict[str, Any], workspace_id: UUID) -> Any:
    """Another name or slug; the id stays, and every address made of it."""
    return tell("workspaces", "change_workspace", workspace_id=str(workspace_id), account_id=principal().account_id, **body)


@blp.delete("/<uuid:workspace_id>")
@requires(admin)
@blp.response(204)
def delete_workspace(workspace_id: UUID) -> None:
    with gateway().access.dropping(str(workspace_id)):
        tell("workspaces", "delete_workspace", workspace_id=str(workspace_id))
