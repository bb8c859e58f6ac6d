"""Device logins (RFC 8628): a program asks, a person answers elsewhere, the program fetches its token."""

from typing import Any

from flask import Response
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema

from gateway import bodies, problems
from gateway.access import Principal
from gateway.api.blueprint import Blueprint, described
from gateway.api.schemas import Flag, Id, Time
from gateway.calls import ask, gateway, principal, tell, tell_secret, this_request
from gateway.permissions import in_session, public, requires
from services.chassis.errors import InvalidInput, Unprocessable
from services.chassis.fields import Text
from services.chassis.scopes import SCOPES

blp = Blueprint("devices", __name__, url_prefix="/v1/device-authorizations", description="Signing programs in on other devices")

FORM = "application/x-www-form-urlencoded"
PAGE = "/auth/device-login"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class NewDevice(Schema):
    client_id = Text(longest=100)
    client_name = Text(longest=100, metadata={"description": "who asks, as the person is shown it; default: client_id"})
    scope = Text(longest=500, metadata={"description": "scopes with blanks between them"})
    scopes = fields.List(Text(longest=50), validate=validate.Length(max=20), metadata={"description": "the same as a list"})
    token_name = Text(longest=100)
    team_names = fields.List(
        Text(longest=100), validate=validate.Length(max=50), metadata={"description": "workspaces, by name or slug; default: all"}
    )
    expires_in_days = fields.Integer(
        strict=True, validate=validate.Range(1, 3650), metadata={"description": "of the token; default: never"}
    )

    @validates_schema
    def _names_its_client(self, data: dict[str, Any], **_: Any) -> None:
        if not (data.get("client_name") or data.get("client_id")):
            raise ValidationError({"client_id": ["Missing data for required field."]})


class StartedDevice(Schema):
    device_code = fields.String(required=True)
    user_code = fields.String(required=True)
    verification_uri = fields.String(required=True)
    verification_uri_complete = fields.String(required=True)
    expires_in = fields.Integer(required=True)
    interval = fields.Integer(required=True)
    token_uri = fields.String(required=True)
    token_name = fields.String(required=True)


class Poll(Schema):
    grant_type = fields.String(validate=validate.Equal(GRANT))
    device_code = Text(longest=300)
    code = Text(longest=300, metadata={"description": "the same as device_code"})
    client_id = Text(longest=100)

    @validates_schema
    def _has_a_code(self, data: dict[str, Any], **_: Any) -> None:
        if not (data.get("device_code") or data.get("code")):
            raise ValidationError({"device_code": ["Missing data for required field."]})


class Fetched(Schema):
    access_token = fields.String(required=True)
    token_type = fields.String(required=True)
    scope = fields.String(required=True)
    token_name = fields.String(required=True)


class Asked(Schema):
    client_name = fields.String(required=True)
    token_name = fields.String(required=True, allow_none=True)
    scopes = fields.List(fields.String(), required=True)
    workspaces = fields.List(fields.String(), required=True, metadata={"description": "to which the asker wants to be limited"})
    ip = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": ["pending", "approved", "denied", "redeemed", "cancelled"]})
    requested_at = Time(required=True)
    expires_at = Time(required=True)


class Reply(Schema):
    approve = Flag(required=True)
    scopes = fields.List(fields.String(validate=validate.OneOf(SCOPES)), validate=validate.Length(1, len(SCOPES)))
    workspace_ids = fields.List(Id(), validate=validate.Length(1, 50))


def _body(schema: type[Schema]) -> dict[str, Any]:
    return {"required": True, "content": {kind: {"schema": schema} for kind in (FORM, "application/json")}}


@blp.post("")
@requires(public)
@described(blp.doc(requestBody=_body(NewDevice)), blp.response(200, StartedDevice))
def start() -> dict[str, Any]:
    """Answers the codes: one that the program keeps, one that the person is shown."""
    asked = _read(NewDevice)
    return started(
        asked.get("client_name") or asked["client_id"],
        asked.get("token_name", ""),
        [*asked.get("scope", "").split(), *asked.get("scopes", [])],
        asked.get("expires_in_days"),
        asked.get("team_names"),
    )


def started(client_name: str, token_name: str, scopes: list[str], days: int | None, workspaces: list[str] | None) -> dict[str, Any]:
    """Begins a login; scopes in any letter case, none for the customary ones."""
    wanted = list(dict.fromkeys(scope.lower() for scope in scopes))
    if not set(wanted) <= set(SCOPES):
        raise InvalidInput("invalid_scope", f"There are the scopes {', '.join(SCOPES)}.")
    terms = {"client_name": client_name, "token_name": token_name, "scopes": wanted or None, "token_days": days, "workspaces": workspaces}
    codes, url = tell_secret("identity", "start_device", **terms), gateway().settings.url
    # From the settings, never from the request: the client opens and calls what it is told here.
    links = {"verification_uri": url + PAGE, "token_uri": f"{url}{blp.url_prefix}/token"}
    return codes | links | {"verification_uri_complete": f"{url}{PAGE}?code={codes['user_code']}"}


@blp.post("/token")
@requires(public)
@described(blp.doc(requestBody=_body(Poll)), blp.response(200, Fetched))
def poll() -> dict[str, Any] | Response:
    """The token, once somebody has approved; until then 400 with ``error`` as RFC 8628 has it."""
    asked = _read(Poll)
    try:
        found = tell_secret("identity", "redeem_device", device_code=asked.get("device_code") or asked["code"])
    except InvalidInput as refusal:
        return problems.problem(400, refusal.code, refusal.detail, title=refusal.title, more={"error": refusal.code})
    scope = " ".join(found["scopes"])
    return {"access_token": found["token"], "token_type": "Bearer", "scope": scope, "token_name": found["token_name"]}


@blp.get("/<code:user_code>")
@requires(in_session)
@blp.response(200, Asked)
def show(user_code: str) -> Any:
    """Who asks for what, and from where."""
    return ask("identity", "device", account_id=principal().account_id, user_code=user_code)


@blp.post("/<code:user_code>")
@requires(in_session)
@blp.arguments(Reply)
@blp.response(200, Asked)
def reply(body: dict[str, Any], user_code: str) -> Any:
    """Approves, with no more than was asked for, or denies. A code is answered once."""
    return answered(principal(), user_code, body)


def answered(who: Principal, user_code: str, body: dict[str, Any]) -> dict[str, Any]:
    """``body`` says ``approve``, and may say for which scopes and workspaces; default: those that were asked for."""
    named = {"account_id": who.account_id, "user_code": user_code}
    if body["approve"] and "workspace_ids" not in body:
        wanted = ask("identity", "device", **named)["workspaces"]
        body = body | {"workspace_ids": _called(wanted, who.account_id) or None}
    return tell("identity", "answer_device", **named, **body)


def _called(names: list[str], account_id: str) -> list[str]:
    """Ids of the caller's workspaces with these names or slugs. Raises if there is none of a name: less asked for is not all."""
    if not names:
        return []
    found = ask("workspaces", "list_workspaces", account_id=account_id, limit=200)["items"]
    ids = {name: [w["id"] for w in found if name.casefold() in (w["slug"], w["name"].casefold())] for name in names}
    if missing := [name for name, called in ids.items() if not called]:
        raise Unprocessable("workspace_unknown", "The device asks for a workspace that you are not in.", {"workspaces": missing})
    return [id for called in ids.values() for id in called]


def _read(schema: type[Schema]) -> dict[str, Any]:
    """A form, as the RFC has it, or JSON. Of a form unknown fields are ignored, which the RFC demands."""
    req = this_request()
    if req.mimetype != FORM:
        bodies.check_media_type(req)
        return bodies.validated(schema(), bodies.parse(bodies.read(req)))
    return bodies.validated(schema(), req.form.to_dict(), unknown=EXCLUDE)
