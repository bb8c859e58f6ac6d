"""Who did what, when, from where."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Moment, Paging, Time, page
from gateway.calls import ask, principal
from gateway.permissions import admin, operator, requires, signed_in
from services.chassis.fields import Text

blp = Blueprint("audit", __name__, url_prefix="/v1", description="The audit trail")


class AuditQuery(Paging):
    actor = Text(longest=100)
    type = Text(longest=100, metadata={"description": "such as workspaces.member.removed"})
    subject = Text(longest=100)
    since = Moment(data_key="from")
    until = Moment(data_key="to")


class Entry(Schema):
    position = fields.Integer(required=True)
    time = Time(required=True)
    type = fields.String(required=True)
    actor = fields.String(allow_none=True)
    on_behalf_of = fields.String(allow_none=True)
    credential_id = fields.String(allow_none=True)
    ip = fields.String(allow_none=True)
    user_agent = fields.String(allow_none=True)
    subject = fields.String(allow_none=True)
    workspace_id = fields.String(allow_none=True)
    changes = fields.Dict()
    correlation_id = fields.String(allow_none=True)
    causation_id = fields.String(allow_none=True)
    source = fields.String(required=True)
    id = fields.String(required=True)


@blp.get("/workspaces/<uuid:workspace_id>/audit")
@requires(admin)
@blp.arguments(AuditQuery, location="query")
@blp.response(200, page(Entry))
def list_of_workspace(query: dict[str, Any], workspace_id: UUID) -> Any:
    return _entries(query, workspace_id=str(workspace_id))


@blp.get("/account/audit")
@requires(signed_in)
@blp.arguments(AuditQuery, location="query")
@blp.response(200, page(Entry))
def list_of_account(query: dict[str, Any]) -> Any:
    """What the caller did, and what was done to the caller's account."""
    return _entries(query, account_id=principal().account_id)


@blp.get("/audit")
@requires(operator)
@blp.arguments(AuditQuery, location="query")
@blp.response(200, page(Entry))
def list_everything(query: dict[str, Any]) -> Any:
    """Of the whole installation, also what concerns nobody known: refused attempts."""
    return _entries(query, everything=True)


def _entries(query: dict[str, Any], **whose: str | bool) -> dict[str, Any]:
    names = {"since": "from", "until": "to"}
    return ask("audit", "list_entries", **whose, **{names.get(name, name): value for name, value in query.items()})
