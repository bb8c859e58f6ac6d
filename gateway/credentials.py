"""Which credential a request shows, and whose it is."""

import hashlib
import time
from datetime import datetime
from hmac import compare_digest

from flask import Response

from gateway.access import Principal
from gateway.calls import CORRELATION, Gateway, Request, ask, gateway
from services.chassis.errors import PermissionDenied, Unauthenticated

COOKIE = "gatehouse_session"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def authenticate(req: Request) -> Principal:
    """Raises when no valid credential is shown, or when a cookie comes without the proof that a page of ours sent it."""
    token, by_cookie = _shown(req)
    who = req.principal = _principal(req.gateway, token)
    if by_cookie and req.method not in SAFE:
        _check_csrf(req.environ.get("HTTP_X_CSRF_TOKEN"), who)
    req.gateway.seen.note(who.session_id, req.environ[CORRELATION])
    return who


def csrf_token(session_token: str) -> str:
    keys = gateway().keys
    return keys.sign("csrf", keys.digest("session", session_token))


def set_cookie(response: Response, token: str, expires_at: datetime) -> None:
    response.set_cookie(
        COOKIE, token, expires=expires_at, path="/", httponly=True, samesite="Lax", secure=gateway().settings.cookies_secure
    )


def clear_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax", secure=gateway().settings.cookies_secure)


def _shown(req: Request) -> tuple[str, bool]:
    """What the Authorization header says counts before the cookie, which browsers send by themselves."""
    if header := req.environ.get("HTTP_AUTHORIZATION"):
        scheme, _, token = header.partition(" ")
        if scheme.lower() not in ("bearer", "token") or not token.strip():
            raise Unauthenticated("authorization_unsupported", "Use 'Authorization: Bearer <token>'.")
        return token.strip(), False
    if token := req.cookies.get(COOKIE):
        return token, True
    raise Unauthenticated("authentication_required", "Sign in with POST /v1/sessions.")


def _principal(here: Gateway, token: str) -> Principal:
    # The memory knows tokens by a plain hash, ten times as fast as the keyed one that is stored and travels.
    key = hashlib.sha256(token.encode()).digest()
    who = here.access.through(here.access.principals, key, lambda: _ask(here, token), lambda found: found.scopes)
    if who.expires_at <= time.time():
        raise Unauthenticated("session_invalid", "The session has ended. Sign in again.")
    return who


def _ask(here: Gateway, token: str) -> Principal:
    digest = here.keys.digest("session", token)
    found = ask("identity", "authenticate", digest=digest)
    return Principal(
        account_id=found["account_id"],
        session_id=found["session_id"],
        address_ids=tuple(found["address_ids"]),
        operator=found["operator"],
        expires_at=datetime.fromisoformat(found["expires_at"]).timestamp(),
        csrf_token=here.keys.sign("csrf", digest),
    )


def _check_csrf(sent: str | None, who: Principal) -> None:
    if not sent:
        raise PermissionDenied("csrf_token_missing", "Send the csrf_token of the sign-in as X-CSRF-Token.")
    if not compare_digest(sent.encode(), who.csrf_token.encode()):
        raise PermissionDenied("csrf_token_invalid", "The X-CSRF-Token does not belong to this session.")
