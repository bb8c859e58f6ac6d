"""Where a person sees which program asks for a token, and answers. Works without a script."""

from datetime import datetime
from html import escape
from typing import Any

from flask import Blueprint, Response, request

from gateway import shown
from gateway.access import Principal
from gateway.api.devices import PAGE, answered
from gateway.api.pages import rendered
from gateway.calls import ask, gateway, this_request
from gateway.credentials import authenticate, set_cookie
from gateway.permissions import public, requires
from services.chassis.errors import PermissionDenied, ServiceError, Unauthenticated

blp = Blueprint("device_page", __name__)

LONGEST = 100


@blp.get(PAGE)
@requires(public)
def show() -> Response:
    code = _code(request.args.get("code"))
    try:
        who = _somebody()
    except Unauthenticated:
        return rendered("Sign in to go on", _sign_in_form(code))
    if not code:
        return rendered("Sign in a device", _code_form())
    try:
        asked = ask("identity", "device", account_id=who.account_id, user_code=code)
    except ServiceError as refusal:
        return rendered("This code does not work", f"<p>{escape(refusal.detail)}</p>{_code_form()}", refusal.status)
    if asked["state"] != "pending":
        return rendered("This code was answered", "<p>Every code works once. Start again on the device.</p>", 409)
    return rendered("Sign in a device", _question(asked, code, who))


@blp.post(PAGE)
@requires(public)
def answer() -> Response:
    try:
        who = _somebody(request.form.get("csrf_token", ""))
        approve = request.form.get("answer") == "approve"
        answered(who, _code(request.form.get("code")) or "-", {"approve": approve})
    except ServiceError as refusal:
        return rendered("This did not work", f"<p>{escape(refusal.detail)}</p>", refusal.status)
    if approve:
        return rendered("Done", "<p>The device is signed in. You can close this page.</p>")
    return rendered("Denied", "<p>The device gets nothing. You can close this page.</p>")


@blp.post(f"{PAGE}/sign-in")
@requires(public)
def sign_in() -> Response:
    """Always a new session, whatever the browser held before."""
    code = _code(request.form.get("code"))
    try:
        _check_origin()
        named = {"email": request.form.get("email", ""), "password": request.form.get("password", "")}
        started = ask("identity", "start_session", **named)
    except ServiceError as refusal:
        detail = refusal.detail if refusal.status != 422 else "Enter your address and your password."
        return rendered("Sign in to go on", f"<p>{escape(detail)}</p>{_sign_in_form(code)}", refusal.status)
    response = Response(status=303, headers={"Location": f"{PAGE}?code={code}"})
    set_cookie(response, started["token"], datetime.fromisoformat(started["session"]["expires_at"]))
    return response


def _somebody(csrf: str | None = None) -> Principal:
    """Whoever is signed in here, in person."""
    who = authenticate(this_request(), csrf=csrf)
    if who.kind != shown.SESSION:
        raise PermissionDenied("session_required", "Sign in yourself for this: no token or key may do it.")
    return who


def _check_origin() -> None:
    """Nobody elsewhere may sign a visitor in under an account of theirs."""
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "same-origin")
    if site not in ("same-origin", "none") or origin not in (None, gateway().settings.url):
        raise PermissionDenied("origin_foreign", "This form was not sent from here.")


def _code(text: str | None) -> str:
    return "".join(letter for letter in (text or "")[:LONGEST] if letter.isascii() and (letter.isalnum() or letter == "-"))


def _question(asked: dict[str, Any], code: str, who: Principal) -> str:
    rows = {
        "Program": asked["client_name"],
        "Token": asked["token_name"],
        "May use": ", ".join(asked["scopes"]),
        "In": ", ".join(asked["workspaces"]) or "all your workspaces",
        "Asked from": asked["ip"],
        "Code": code,
    }
    table = "".join(f"<dt>{name}</dt><dd><b>{escape(str(value))}</b></dd>" for name, value in rows.items())
    hidden = _hidden("code", code) + _hidden("csrf_token", who.csrf_token)
    buttons = '<button name="answer" value="approve">Approve</button> <button name="answer" value="deny">Deny</button>'
    warning = "<p>Approve only what you have started yourself, and only if the device shows the same code.</p>"
    return f'<dl>{table}</dl>{warning}<form method="post" action="{PAGE}">{hidden}{buttons}</form>'


def _sign_in_form(code: str) -> str:
    address = '<p><label>Address<br><input name="email" type="email" autocomplete="username" required></label></p>'
    second = '<p><label>Password<br><input name="password" type="password" autocomplete="current-password" required></label></p>'
    return f'<form method="post" action="{PAGE}/sign-in">{_hidden("code", code)}{address}{second}<button>Sign in</button></form>'


def _code_form() -> str:
    label = '<p><label>The code that your device shows<br><input name="code" autocomplete="off" required></label></p>'
    return f'<form method="get" action="{PAGE}">{label}<button>Go on</button></form>'


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(value, quote=True)}">'
