"""Sign-up, e-mail verification and the caller's own account."""

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Id, Time
from gateway.calls import ask, gateway, principal, tell
from gateway.credentials import clear_cookie
from gateway.permissions import in_session, public, requires, signed_in
from services.chassis.errors import Conflict
from services.chassis.fields import Address, Secret, Text

blp = Blueprint("accounts", __name__, url_prefix="/v1", description="Sign-up and the caller's own account")


class NewAccount(Schema):
    email = Address(required=True, metadata={"format": "email"})
    password = Secret(required=True, longest=1024)
    first_name = Text(longest=100)
    last_name = Text(longest=100)
    username = Text(longest=100)
    setup_token = Secret(
        longest=200, metadata={"description": "needed by the first account of an installation, which becomes its operator"}
    )


class EmailAddress(Schema):
    id = Id(required=True)
    address = fields.String(required=True)
    verified = fields.Boolean(required=True)
    primary = fields.Boolean(required=True)


class Account(Schema):
    id = Id(required=True)
    username = fields.String(required=True)
    first_name = fields.String(allow_none=True)
    last_name = fields.String(allow_none=True)
    picture_url = fields.String(allow_none=True)
    emails = fields.List(fields.Nested(EmailAddress), required=True)
    operator = fields.Boolean(required=True)
    created_at = Time(required=True)


class OwnAccount(Account):
    personal_workspace_id = Id(required=True, allow_none=True, metadata={"description": "null for a moment after sign-up"})


class Erasure(Schema):
    password = Secret(longest=1024, metadata={"description": "may be left out in a session that has just begun"})
    confirm = Text(required=True, longest=100, metadata={"description": "the account's username"})


class Verification(Schema):
    token = Secret(required=True, longest=200)


@blp.post("/accounts")
@requires(public)
@blp.arguments(NewAccount)
@blp.response(201, Account)
def sign_up(body: dict[str, Any]) -> Any:
    return tell("identity", "register_account", **body), {"Location": "/v1/account"}


@blp.post("/email-verifications")
@requires(public)
@blp.arguments(Verification)
@blp.response(200, EmailAddress)
def verify_email(body: dict[str, Any]) -> Any:
    return tell("identity", "verify_email", **body)


@blp.get("/account")
@requires(signed_in)
@blp.response(200, OwnAccount)
def get_account() -> Any:
    own = {"account_id": principal().account_id}
    personal = ask("workspaces", "personal_workspace", **own)
    return ask("identity", "get_account", **own) | {"personal_workspace_id": personal["workspace_id"]}


@blp.delete("/account")
@requires(in_session)
@blp.arguments(Erasure)
@blp.response(204)
def erase_account(body: dict[str, Any]) -> Response:
    """Erases the account and every trace of who it was. Cannot be undone."""
    who = principal()
    alone = ask("workspaces", "sole_admin_of", account_id=who.account_id)["workspaces"]
    if alone:
        raise Conflict("last_admin", "Name another admin in these workspaces first, or delete them.", {"workspaces": alone})
    with gateway().access.dropping(*who.depends_on):
        tell("identity", "erase_account", account_id=who.account_id, session_id=who.session_id, **body)
    response = Response(status=204)
    clear_cookie(response)
    return response
