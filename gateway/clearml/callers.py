"""Who calls, and in which workspace. Only the Authorization header counts: calls that change things come by GET, so no cookie may."""

from gateway.access import Principal
from gateway.calls import Request
from gateway.clearml import refusals
from gateway.clearml.call import Call
from gateway.clearml.refusals import Refusal
from gateway.credentials import authenticate
from gateway.roles import role_of
from gateway.shown import JWT, KEY_PAIR, from_header
from services.chassis.errors import Unauthenticated

ROLES = {"admin": "admin", "editor": "user", "viewer": "guest"}
_WRONG = {"basic": (refusals.WRONG_KEY, "invalid credentials"), "bearer": (refusals.BAD_TOKEN, "invalid or revoked token")}
_MALFORMED = ("basic_malformed", "authorization_unsupported")


def identify(call: Call) -> None:
    call.principal = _authenticated(call.request)
    _check_borrowed(call)


def identify_if_possible(call: Call) -> None:
    """For actions that tell whether the caller is known, and do not mind if not."""
    if call.request.environ.get("HTTP_AUTHORIZATION"):
        try:
            identify(call)
        except Refusal as refusal:
            call.principal = None
            if refusal.kind.status != 401:
                raise


def membership(call: Call) -> str | None:
    return role_of(call.request, call.workspace_id, call.who.account_id)


def check_admin(call: Call) -> None:
    if membership(call) != "admin":
        raise Refusal(refusals.ROLE, "This needs the role admin")


def _authenticated(req: Request) -> Principal:
    header = req.environ.get("HTTP_AUTHORIZATION", "")
    if not header:
        raise Refusal(refusals.NO_CREDENTIALS, "Unauthorized (missing credentials)")
    scheme = header.partition(" ")[0]
    if scheme.lower() not in _WRONG:
        raise Refusal(refusals.BAD_SCHEME, "Unauthorized (use Basic or Bearer)")
    kind, reason = _WRONG[scheme.lower()]
    try:
        credential = from_header(header)
        if credential.kind in (KEY_PAIR, JWT):
            return authenticate(req, credential)
    except Unauthenticated as error:
        if error.code in _MALFORMED and kind == refusals.WRONG_KEY:
            raise Refusal(refusals.MALFORMED, "Unauthorized (malformed credentials)") from None
    # Tokens of other kinds are good for other surfaces.
    raise Refusal(kind, f"Unauthorized ({reason})")


def _check_borrowed(call: Call) -> None:
    """Nobody acts as somebody else here, or with the key of one workspace in another."""
    headers, who = call.request.headers, call.who
    for name in ("X-Clearml-Impersonate-As", "X-Clearml-Act-As"):
        if headers.get(name, who.account_id) != who.account_id:
            raise Refusal(refusals.NO_IMPERSONATION, "Impersonation is not allowed")
    if headers.get("X-Clearml-Tenant", call.workspace_id) != call.workspace_id:
        raise Refusal(refusals.ROLE, "This key pair belongs to another workspace")
