"""Changing the password, and getting another one by mail."""

from typing import Any

from marshmallow import Schema

from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Flag, Nothing
from gateway.calls import gateway, principal, tell
from gateway.permissions import in_session, public, requires
from services.chassis.fields import Address, Secret

blp = Blueprint("passwords", __name__, url_prefix="/v1", description="Passwords")


class NewPassword(Schema):
    current_password = Secret(required=True, longest=1024)
    new_password = Secret(required=True, longest=1024)
    revoke_credentials = Flag(load_default=False, metadata={"description": "also revoke every token and key pair, all or nothing"})


class ResetRequest(Schema):
    email = Address(required=True, metadata={"format": "email"})


class Reset(Schema):
    new_password = Secret(required=True, longest=1024)


@blp.put("/account/password")
@requires(in_session)
@blp.arguments(NewPassword)
@blp.response(204)
def change_password(body: dict[str, Any]) -> None:
    """Ends all other sessions."""
    who = principal()
    with gateway().access.dropping(who.account_id):
        tell("identity", "change_password", account_id=who.account_id, session_id=who.session_id, **body)


@blp.post("/password-resets")
@requires(public)
@blp.arguments(ResetRequest)
@blp.response(202, Nothing)
def request_reset(body: dict[str, Any]) -> Any:
    """Sends a link, if this is a verified address of an account; the answer is the same if not."""
    return tell("identity", "request_password_reset", **body)


@blp.put("/password-resets/<token:token>")
@requires(public)
@blp.arguments(Reset)
@blp.response(204)
def reset_password(body: dict[str, Any], token: str) -> None:
    """Ends every session."""
    account_id = tell("identity", "reset_password", token=token, **body)["account_id"]
    gateway().access.drops.drop(account_id)
