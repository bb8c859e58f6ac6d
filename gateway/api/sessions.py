"""Signing in and out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from marshmallow import Schema, ValidationError, fields, validates_schema

from gateway.api.accounts import Account
from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Flag, Id, Paging, Time, page
from gateway.calls import ask, gateway, principal, tell
from gateway.credentials import clear_cookie, csrf_token, set_cookie
from gateway.permissions import in_session, public, requires, signed_in
from services.chassis.fields import Secret, Text

blp = Blueprint("sessions", __name__, url_prefix="/v1/sessions", description="Signing in and out")


class NewSession(Schema):
    email = Text(longest=254)
    username = Text(longest=100)
    password = Secret(required=True, longest=1024)
    token = Flag(load_default=False, metadata={"description": "also answer a bearer token, for scripts"})

    @validates_schema
    def _names_one(self, data: dict[str, Any], **_: Any) -> None:
        if ("email" in data) == ("username" in data):
            raise ValidationError({"email": ["Give either an email or a username."]})


class StartedSession(Schema):
    id = Id(required=True)
    account = fields.Nested(Account, required=True)
    csrf_token = fields.String(
        required=True, metadata={"description": "send as X-CSRF-Token with every unsafe request that the cookie authenticates"}
    )
    expires_at = Time(required=True)
    session_token = fields.String(metadata={"description": "only if asked for"})


class Session(Schema):
    id = Id(required=True)
    created_at = Time(required=True)
    last_seen_at = Time(allow_none=True)
    ip = fields.String(allow_none=True)
    user_agent = fields.String(allow_none=True)
    expires_at = Time(required=True)
    current = fields.Boolean(required=True)


@blp.post("")
@requires(public)
@blp.arguments(NewSession)
@blp.response(201, StartedSession)
def sign_in(body: dict[str, Any]) -> Response:
    """Starts a session: sets the cookie gatehouse_session."""
    wants_token = body.pop("token")
    # No idempotency key: its kept answer would be a stored token, and a second session does no harm.
    started = ask("identity", "start_session", **body)
    token, session = started["token"], started["session"]
    answer = {"id": session["id"], "account": started["account"], "csrf_token": csrf_token(token), "expires_at": session["expires_at"]}
    response = jsonify(StartedSession().dump(answer | ({"session_token": token} if wants_token else {})))
    response.status_code, response.headers["Location"] = 201, f"/v1/sessions/{session['id']}"
    set_cookie(response, token, datetime.fromisoformat(session["expires_at"]))
    return response


@blp.get("")
@requires(signed_in)
@blp.arguments(Paging, location="query")
@blp.response(200, page(Session))
def list_sessions(paging: dict[str, Any]) -> Any:
    who = principal()
    found = ask("identity", "list_sessions", account_id=who.account_id, **paging)
    for session in found["items"]:
        session["current"] = session["id"] == who.session_id
    return found


@blp.delete("/current")
@requires(in_session)
@blp.response(204)
def sign_out() -> Response:
    return _end(principal().session_id)


@blp.delete("/<uuid:session_id>")
@requires(signed_in)
@blp.response(204)
def end_session(session_id: UUID) -> Response:
    """Ends any of the caller's own sessions."""
    return _end(str(session_id))


def _end(session_id: str) -> Response:
    who = principal()
    with gateway().access.dropping(session_id):
        tell("identity", "end_session", account_id=who.account_id, session_id=session_id)
    response = Response(status=204)
    if session_id == who.session_id:
        clear_cookie(response)
    return response
