"""The caller's access tokens."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Id, Moment, Nothing, Paging, Time, page
from gateway.calls import ask, gateway, principal, tell_secret, this_request
from gateway.permissions import in_session, requires
from gateway.roles import role_of
from services.chassis.errors import Unprocessable
from services.chassis.fields import Text
from services.chassis.scopes import SCOPES, STUDIO

blp = Blueprint("tokens", __name__, url_prefix="/v1/account/tokens", description="Access tokens")
KINDS = ("named", "studio")


def scopes(**kwargs: Any) -> Any:
    return fields.List(fields.String(validate=validate.OneOf(SCOPES)), **kwargs)


class NewToken(Schema):
    kind = fields.String(load_default="named", validate=validate.OneOf(KINDS))
    name = Text(longest=100)
    scopes = scopes(validate=validate.Length(1, len(SCOPES)), metadata={"description": f"of a Studio token: {', '.join(STUDIO)}"})
    workspace_ids = fields.List(Id(), validate=validate.Length(1, 50), metadata={"description": "default: every workspace of the caller"})
    expires_at = Moment(metadata={"description": "default: never"})

    @validates_schema
    def _fits_its_kind(self, data: dict[str, Any], **_: Any) -> None:
        needed = {"name", "scopes"} if data["kind"] == "named" else set()
        if missing := {field: ["Missing data for required field."] for field in needed - data.keys()}:
            raise ValidationError(missing)
        if data["kind"] == "studio" and not set(data.get("scopes", [])) <= set(STUDIO):
            raise ValidationError({"scopes": [f"A Studio token can have {', '.join(STUDIO)}."]})


class Token(Schema):
    id = Id(required=True)
    kind = fields.String(required=True, metadata={"enum": [*KINDS]})
    name = fields.String(required=True, allow_none=True)
    prefix = fields.String(required=True, metadata={"description": "how the token begins"})
    scopes = scopes(required=True)
    workspace_ids = fields.List(Id(), required=True, allow_none=True)
    created_at = Time(required=True)
    expires_at = Time(required=True, allow_none=True)
    last_used_at = Time(required=True, allow_none=True, metadata={"description": "sampled: some minutes old at most"})
    last_used_ip = fields.String(required=True, allow_none=True)


class MadeToken(Token):
    token = fields.String(required=True, metadata={"description": "shown this once"})


@blp.get("")
@requires(in_session)
@blp.arguments(Paging, location="query")
@blp.response(200, page(Token))
def list_tokens(paging: dict[str, Any]) -> Any:
    return ask("identity", "list_tokens", account_id=principal().account_id, **paging)


@blp.post("")
@requires(in_session)
@blp.arguments(NewToken)
@blp.response(201, MadeToken)
def create_token(body: dict[str, Any]) -> Any:
    """Makes a token. The answer is kept nowhere, so an Idempotency-Key is of no use here."""
    who = principal()
    for number, workspace_id in enumerate(body.get("workspace_ids", [])):
        if role_of(this_request(), workspace_id, who.account_id) is None:
            problem = {"workspace_ids": {str(number): ["You are not in this workspace."]}}
            raise Unprocessable("invalid_fields", "Some fields are wrong; see errors.", problem)
    made = tell_secret("identity", "create_token", account_id=who.account_id, **body)
    return made, {"Location": f"/v1/account/tokens/{made['id']}"}


@blp.post("/<uuid:token_id>/regenerate")
@requires(in_session)
@blp.arguments(Nothing, required=False)
@blp.response(200, MadeToken)
def regenerate_token(_body: dict[str, Any], token_id: UUID) -> Any:
    """Another secret for the same token: the former one is refused from the moment this answers."""
    return _tell("regenerate_token", token_id)


@blp.delete("/<uuid:token_id>")
@requires(in_session)
@blp.response(204)
def revoke_token(token_id: UUID) -> None:
    """Refused from the moment this answers; everywhere else within 100 ms."""
    _tell("revoke_token", token_id)


def _tell(method: str, token_id: UUID) -> Any:
    with gateway().access.dropping(str(token_id)):
        return tell_secret("identity", method, account_id=principal().account_id, token_id=str(token_id))
