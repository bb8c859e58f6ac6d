"""The other two questions: what may somebody reach, and who may reach something."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from gateway.api.blueprint import Blueprint
from gateway.api.check import PRINCIPAL, subject
from gateway.api.members import UNNAMED, profiles
from gateway.api.schemas import Id, Paging, page
from gateway.calls import ask, this_request
from gateway.decisions import ACTIONS, TYPES, at
from gateway.past import Historical, past
from gateway.permissions import admin, member, requires
from services.chassis.fields import Text

blp = Blueprint("listings", __name__, url_prefix="/v1/workspaces/<uuid:workspace_id>", description="Decisions")


class AccessibleQuery(Paging, Historical):
    principal = Id(metadata=PRINCIPAL)
    type = fields.String(required=True, validate=validate.OneOf(TYPES))
    action = fields.String(load_default="read", validate=validate.OneOf(ACTIONS))


class Reachable(Schema):
    type = fields.String(required=True)
    id = fields.String(required=True)


class WhoCanQuery(Paging, Historical):
    type = fields.String(required=True, validate=validate.OneOf(TYPES))
    id = Text(required=True, shortest=1, longest=200)
    action = fields.String(load_default="read", validate=validate.OneOf(ACTIONS))


class Holder(Schema):
    account_id = Id(required=True)
    username = fields.String(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)


@blp.get("/accessible")
@requires(member)
@blp.arguments(AccessibleQuery, location="query")
@blp.response(200, page(Reachable))
def accessible(query: dict[str, Any], workspace_id: UUID) -> Any:
    """Registered resources of the type. A page may hold fewer than asked for, even none, and still have a next one."""
    account_id = subject(this_request(), str(workspace_id), query.pop("principal", None))
    when = past("authz", workspace_id, query.pop("at", None))
    return ask("authz", "accessible", **at(workspace_id), account_id=account_id, **query, **when.of("authz"))


@blp.get("/who-can")
@requires(admin)
@blp.arguments(WhoCanQuery, location="query")
@blp.response(200, page(Holder))
def who_can(query: dict[str, Any], workspace_id: UUID) -> Any:
    when = past("authz", workspace_id, query.pop("at", None))
    found = ask("authz", "who_can", **at(workspace_id), **query, **when.of("authz"))
    named = profiles(item["account_id"] for item in found["items"])
    return found | {"items": [item | named.get(item["account_id"], UNNAMED) for item in found["items"]]}
