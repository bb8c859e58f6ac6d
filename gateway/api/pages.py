"""What the links in mails open in a browser. Opening changes nothing, for mail scanners open them too; the button does."""

from html import escape

from flask import Blueprint, Response

from gateway.calls import ask
from gateway.permissions import public, requires
from services.chassis.errors import ServiceError

blp = Blueprint("pages", __name__)

POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
STYLE = """body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto; padding: 0 1rem }
button, input { font: inherit; padding: .5rem 1.2rem }
code { word-break: break-all }"""


@blp.get("/invitations/<token:token>")
@requires(public)
def show_invitation(token: str) -> Response:
    try:
        offer = ask("workspaces", "get_invitation", token=token)
    except ServiceError as refusal:
        return rendered("This invitation cannot be opened", f"<p>{escape(refusal.detail)}</p>", refusal.status)
    name, role, status = (escape(str(offer[key])) for key in ("workspace_name", "role", "status"))
    if status != "pending":
        return rendered("Invitation", f"<p>This invitation to <b>{name}</b> is {status}.</p>")
    named = "<p>Sign in with the address that was invited, and accept it among your notices or with</p>"
    how = "<p>Sign in, and join with</p>" if offer["open"] else named
    call = f"<p><code>POST /v1/invitations/{escape(token)}/accept</code></p>"
    return rendered("You are invited", f"<p>To the workspace <b>{name}</b>, as {role}.</p>{how}{call}")


def rendered(title: str, body: str, status: int = 200) -> Response:
    head = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} – Gatehouse</title><style>{STYLE}</style></head>'
    return Response(f"{head}<body><h1>{title}</h1>{body}</body></html>", status, {"Content-Security-Policy": POLICY}, mimetype="text/html")
