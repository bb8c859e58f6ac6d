"""Device login in the words of DVC and DataChain, and the end of the tokens it gave out."""

from typing import Any

from flask import Response, jsonify
from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate

from gateway.bodies import validated
from gateway.calls import gateway, principal, tell, tell_secret, this_request
from gateway.permissions import public, requires
from gateway.studio.surface import body, counted, detail, surface, token_holder
from services.chassis.errors import Conflict, InvalidInput, PermissionDenied, ServiceError, Unavailable
from services.chassis.fields import Secret, Text
from services.chassis.scopes import STUDIO

blp = surface("device")

PENDING, EXPIRED = "authorization_pending", "authorization_expired"


class DeviceLogin(Schema):
    """A team is a workspace, by name or slug; which of them it can be is seen when somebody approves."""

    class Meta:
        unknown = EXCLUDE

    client_name = Text(required=True, shortest=1, longest=100)
    token_name = Text(load_default="", allow_none=True, longest=100)
    scopes = fields.List(fields.String(), load_default=None, allow_none=True, validate=validate.Length(1, 20))
    expires_in_days = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(1, 3650))
    team_names = fields.List(Text(longest=100), load_default=None, allow_none=True, validate=validate.Length(max=50))
    all_teams = fields.Boolean(load_default=False, allow_none=True)
    never_expires = fields.Boolean(load_default=False, allow_none=True)

    @pre_load
    def _any_case(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if not isinstance(asked := data.get("scopes"), list):
            return data
        scopes = sorted({str(scope).strip().lower() for scope in asked})
        if unknown := [scope for scope in scopes if scope not in STUDIO]:
            raise ValidationError({"scopes": [f"Unknown: {', '.join(unknown)[:100]}."]})
        return {**data, "scopes": scopes or None}


@blp.post("/api/device-login")
@counted("device-login")
@requires(public)
def start() -> Response:
    asked = _checked(body(this_request()))
    days = None if asked["never_expires"] else asked["expires_in_days"]
    named = {"client_name": asked["client_name"], "token_name": asked["token_name"] or ""}
    teams = None if asked["all_teams"] else asked["team_names"]
    started = tell_secret("identity", "start_device", **named, scopes=asked["scopes"], token_days=days, workspaces=teams)
    # From the settings, never from the request's Host: clients believe the first and open the other in a browser.
    url = gateway().settings.url
    return jsonify(
        device_code=started["device_code"],
        user_code=started["user_code"],
        verification_uri=f"{url}/auth/device-login",
        token_uri=f"{url}/api/device-login/token",
        token_name=started["token_name"],
        expires_in=started["expires_in"],
    )


@blp.post("/api/device-login/token")
@counted("device-login-token")
@requires(public)
def poll() -> Response:
    """Clients understand two refusals only and fail on any other: one to wait on, also while we cannot tell, and one to give up on."""
    try:
        code = validated(_CODE, {"code": body(this_request()).get("code")})["code"]
        redeemed = tell_secret("identity", "redeem_device", device_code=code)
    except ServiceError as error:
        return detail(_said(error), 400)
    return jsonify(access_token=redeemed["token"])


@blp.post("/api/device-logout")
@counted("device-logout")
@requires(token_holder)
def logout() -> Response:
    """Ends the token it is called with."""
    who = principal()
    if who.kind not in ("named", "studio"):
        raise PermissionDenied("access_token_needed", "Only an access token can be logged out here.")
    with gateway().access.dropping(who.credential_id):
        tell("identity", "revoke_token", account_id=who.account_id, token_id=who.credential_id)
    return jsonify({})


class _Code(Schema):
    code = Secret(required=True, longest=300)


_CODE, _LOGIN = _Code(), DeviceLogin()


def _checked(sent: dict[str, Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = _LOGIN.load(sent)
    except ValidationError as error:
        raise InvalidInput("invalid_fields", f"Wrong: {', '.join(sorted(map(str, error.messages)))}."[:200]) from None
    return loaded


def _said(error: ServiceError) -> str:
    waiting = isinstance(error, Unavailable | Conflict) or error.code == PENDING
    return PENDING if waiting or error.status >= 500 else EXPIRED
