"""What the links in mails open in a browser. Opening changes nothing, for mail scanners open them too; the button does."""

from html import escape

from flask import Blueprint, Response, request

from gateway.calls import ask, tell
from gateway.permissions import public, requires
from services.chassis.errors import ServiceError

blp = Blueprint("pages", __name__)

LONGEST_TOKEN = 200
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
STYLE = """body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto; padding: 0 1rem }
button { font: inherit; padding: .5rem 1.2rem }
code { word-break: break-all }"""


@blp.get("/verify-email")
@requires(public)
def ask_to_verify() -> Response:
    token = escape(request.args.get("token", "")[:LONGEST_TOKEN], quote=True)
    field = f'<input type="hidden" name="token" value="{token}">'
    form = f'<form method="post" action="/verify-email">{field}<button>Confirm my address</button></form>'
    return _page("Confirm your e-mail address", f"<p>Press the button to confirm that this address is yours.</p>{form}")


@blp.post("/verify-email")
@requires(public)
def verify() -> Response:
    try:
        tell("identity", "verify_email", token=request.form.get("token", "")[:LONGEST_TOKEN])
    except ServiceError as refusal:
        return _page("This did not work", f"<p>{escape(refusal.detail)}</p>", refusal.status)
    return _page("Your address is confirmed", "<p>You can sign in now.</p>")


@blp.get("/invitations/<token:token>")
@requires(public)
def show_invitation(token: str) -> Response:
    try:
        offer = ask("workspaces", "get_invitation", token=token)
    except ServiceError as refusal:
        return _page("This invitation cannot be opened", f"<p>{escape(refusal.detail)}</p>", refusal.status)
    name, role, status = (escape(str(offer[key])) for key in ("workspace_name", "role", "status"))
    if status != "pending":
        return _page("Invitation", f"<p>This invitation to <b>{name}</b> is {status}.</p>")
    named = "<p>Sign in with the address that was invited, and accept it among your notices or with</p>"
    how = "<p>Sign in, and join with</p>" if offer["open"] else named
    call = f"<p><code>POST /v1/invitations/{escape(token)}/accept</code></p>"
    return _page("You are invited", f"<p>To the workspace <b>{name}</b>, as {role}.</p>{how}{call}")


def _page(title: str, body: str, status: int = 200) -> Response:
    head = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} – Gatehouse</title><style>{STYLE}</style></head>'
    return Response(f"{head}<body><h1>{title}</h1>{body}</body></html>", status, {"Content-Security-Policy": POLICY}, mimetype="text/html")
