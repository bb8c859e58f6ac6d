"""The caller's e-mail addresses."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from gateway.api.accounts import EmailAddress
from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Nothing
from gateway.calls import gateway, principal, tell
from gateway.permissions import in_session, requires
from services.chassis.fields import Address

blp = Blueprint("emails", __name__, url_prefix="/v1/account/emails", description="The caller's e-mail addresses")


class NewEmail(Schema):
    address = Address(required=True, metadata={"format": "email"})


@blp.post("")
@requires(in_session)
@blp.arguments(NewEmail)
@blp.response(201, EmailAddress)
def add_email(body: dict[str, Any]) -> Any:
    """Sends a link that verifies the address; until then it is of no use."""
    added = tell("identity", "add_email", account_id=principal().account_id, **body)
    return added, {"Location": f"/v1/account/emails/{added['id']}"}


@blp.delete("/<uuid:email_id>")
@requires(in_session)
@blp.response(204)
def delete_email(email_id: UUID) -> None:
    """Any but the primary one."""
    who = principal()
    # What the address was invited to is no longer offered here.
    with gateway().access.dropping(who.account_id):
        tell("identity", "delete_email", account_id=who.account_id, email_id=str(email_id))


@blp.put("/<uuid:email_id>/primary")
@requires(in_session)
@blp.arguments(Nothing, required=False)
@blp.response(200, EmailAddress)
def make_primary(_body: dict[str, Any], email_id: UUID) -> Any:
    return tell("identity", "make_primary", account_id=principal().account_id, email_id=str(email_id))


@blp.post("/<uuid:email_id>/verification")
@requires(in_session)
@blp.arguments(Nothing, required=False)
@blp.response(202, Nothing)
def renew_verification(_body: dict[str, Any], email_id: UUID) -> Any:
    """Sends another link; those before it are dead."""
    return tell("identity", "renew_verification", account_id=principal().account_id, email_id=str(email_id))
