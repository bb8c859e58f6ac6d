"""What links in mails about an account open: a form, and what its button does."""

from html import escape

from flask import Blueprint, Response, request

from gateway.api.pages import rendered
from gateway.calls import ask, gateway, tell
from gateway.permissions import public, requires
from services.chassis.errors import ServiceError

blp = Blueprint("account_pages", __name__)

FIELD = '<p><label>{label}<br><input type="password" name="{name}" autocomplete="{kind}" maxlength="1024" required></label></p>'


@blp.get("/verify-email")
@requires(public)
def ask_to_verify() -> Response:
    """Names the account and wants its password: a careless click must not give somebody else's account the reader's address."""
    token = request.args.get("token", "")
    try:
        asked = ask("identity", "asked_to_verify", token=token)
    except ServiceError as refusal:
        return _refused(refusal)
    if asked["verified"]:
        return rendered("Your address is confirmed", "<p>There is nothing left to do.</p>")
    name, address = escape(asked["username"]), escape(asked["address"])
    told = f"<p>The account <b>{name}</b> wants to use <b>{address}</b>. If that is not your account, close this page.</p>"
    field = FIELD.format(label=f"Password of {name}", name="password", kind="current-password")
    return rendered("Confirm your e-mail address", told + _form("/verify-email", token, field, "Confirm my address"))


@blp.post("/verify-email")
@requires(public)
def verify() -> Response:
    try:
        tell("identity", "verify_email", token=_sent("token"), password=_sent("password"))
    except ServiceError as refusal:
        return _refused(refusal)
    return rendered("Your address is confirmed", "<p>You can sign in with it now.</p>")


@blp.get("/reset-password")
@requires(public)
def ask_for_password() -> Response:
    token = request.args.get("token", "")
    if not token:
        field = '<p><label>Your e-mail address<br><input type="email" name="email" maxlength="254" required></label></p>'
        return rendered("Reset your password", _form("/reset-password", "", field, "Send me a link"))
    field = FIELD.format(label="New password, 15 characters or more", name="new_password", kind="new-password")
    return rendered("Choose a new password", _form("/reset-password", token, field, "Change my password"))


@blp.post("/reset-password")
@requires(public)
def reset() -> Response:
    try:
        if not (token := _sent("token")):
            tell("identity", "request_password_reset", email=_sent("email"))
            return rendered("Look into your mail", "<p>If an account has this address, a link is on its way to it.</p>")
        done = tell("identity", "reset_password", token=token, new_password=_sent("new_password"))
    except ServiceError as refusal:
        return _refused(refusal)
    gateway().access.drops.drop(done["account_id"])
    return rendered("Your password is changed", "<p>Every session has ended. Sign in with the new one.</p>")


def _sent(name: str) -> str:
    return request.form.get(name, "")


def _form(action: str, token: str, field: str, button: str) -> str:
    hidden = f'<input type="hidden" name="token" value="{escape(token, quote=True)}">'
    return f'<form method="post" action="{action}">{hidden}{field}<button>{button}</button></form>'


def _refused(refusal: ServiceError) -> Response:
    return rendered("This did not work", f"<p>{escape(refusal.detail)}</p>", refusal.status)
