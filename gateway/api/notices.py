"""What the caller should know: shown in the console until read."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Id, Nothing, Paging, Time, page
from gateway.calls import ask, principal, tell
from gateway.permissions import requires, signed_in

blp = Blueprint("notices", __name__, url_prefix="/v1/account/notices", description="In-app notices")


KINDS = ("invitation", "removed", "role_changed", "term_set", "credential_expiring", "secret_link_reopened")


class Notice(Schema):
    id = Id(required=True)
    kind = fields.String(required=True, metadata={"enum": [*KINDS]})
    workspace_id = Id(required=True, allow_none=True)
    workspace_name = fields.String(required=True, allow_none=True)
    subject_id = Id(allow_none=True, metadata={"description": "the credential or link it is about"})
    role = fields.String(allow_none=True)
    expires_at = Time(allow_none=True, metadata={"description": "when the invitation, or the membership, ends"})
    token = fields.String(allow_none=True, metadata={"description": "of an invitation that still waits for an answer"})
    created_at = Time(required=True)
    read_at = Time(required=True, allow_none=True)


@blp.get("")
@requires(signed_in)
@blp.arguments(Paging, location="query")
@blp.response(200, page(Notice))
def list_notices(paging: dict[str, Any]) -> Any:
    who = principal()
    return ask("workspaces", "list_notices", account_id=who.account_id, address_ids=list(who.address_ids), **paging)


@blp.put("/<uuid:notice_id>/read")
@requires(signed_in)
@blp.arguments(Nothing, required=False)
@blp.response(204)
def read_notice(_body: dict[str, Any], notice_id: UUID) -> None:
    """Marks it as read; a repeat changes nothing."""
    who = principal()
    tell("workspaces", "read_notice", notice_id=str(notice_id), account_id=who.account_id, address_ids=list(who.address_ids))
