"""Whose a shown credential is, what it is good for, and whether it still is."""

import hashlib
import logging
import math
import time
from dataclasses import replace
from datetime import datetime
from functools import partial
from hmac import compare_digest
from typing import Any

from flask import Response

from gateway import shown
from gateway.access import Principal
from gateway.calls import CORRELATION, REFUSAL, Gateway, Request, ask, client_ip, gateway, user_agent
from gateway.metrics import refused
from gateway.roles import role_of
from gateway.shown import COOKIE, Shown
from services.chassis.errors import PermissionDenied, Unauthenticated
from services.chassis.scopes import KEY_PAIR

log = logging.getLogger(__name__)

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def authenticate(req: Request, credential: Shown | None = None, csrf: str | None = None, method: str = "") -> Principal:
    """Raises when no valid credential is shown, or when a cookie comes without the proof that a page of ours sent it.

    ``credential``: the one to go by, for surfaces that have ways of their own to show it; ``csrf``: the proof, for forms, which
    have no headers; ``method``: of the request that is really meant.
    """
    try:
        credential = credential or shown.read(req)
        who = req.principal = _principal(req, credential)
        if credential.by_cookie and (method or req.method) not in SAFE:
            _check_csrf(req.environ.get("HTTP_X_CSRF_TOKEN") if csrf is None else csrf, who)
    except (Unauthenticated, PermissionDenied) as refusal:
        _tell_of(req, refusal)
        raise
    if who.session_id:
        req.gateway.seen.note(who.session_id, req.environ[CORRELATION])
    else:
        req.gateway.uses.note(who.credential_id, partial(_origin, req), req.environ[CORRELATION])
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


def _principal(req: Request, credential: Shown) -> Principal:
    here = req.gateway
    # The memory knows credentials by a plain hash, ten times as fast as the keyed one that is stored and travels.
    key = hashlib.sha256(f"{credential.kind} {credential.access_key} {credential.secret}".encode()).digest()
    who = here.access.through(here.access.principals, key, lambda: _ASK[credential.kind](here, credential), lambda found: found.depends_on)
    if who.expires_at <= time.time():
        raise Unauthenticated("session_invalid" if who.session_id else "credential_invalid", "It has ended. Sign in again.")
    if who.kind == shown.KEY_PAIR and role_of(req, who.workspace_ids[0], who.account_id) is None:  # type: ignore[index]
        # Judged here at every use, so that nothing has to be revoked first.
        raise Unauthenticated("credential_invalid", "Whoever made this key is no longer in its workspace.")
    return who


def _session(here: Gateway, credential: Shown) -> Principal:
    digest = here.keys.digest("session", credential.secret)
    found = ask("identity", "authenticate", digest=digest)
    return Principal(
        account_id=found["account_id"],
        session_id=found["session_id"],
        address_ids=tuple(found["address_ids"]),
        operator=found["operator"],
        expires_at=_moment(found["expires_at"]),
        csrf_token=here.keys.sign("csrf", digest),
        credential_id=found["session_id"],
    )


def _token(here: Gateway, credential: Shown) -> Principal:
    return _of_program(ask("identity", "authenticate_token", digest=here.keys.digest("token", credential.secret)))


def _key_pair(here: Gateway, credential: Shown) -> Principal:
    digest = here.keys.digest("key-pair", credential.secret)
    found = ask("identity", "authenticate_key_pair", access_key=credential.access_key, secret_digest=digest)
    more = {"kind": shown.KEY_PAIR, "workspace_ids": [found["workspace_id"]], "scopes": None, "operator": False}
    return _of_program(found | more)


def _jwt(here: Gateway, credential: Shown) -> Principal:
    """What was made from a key pair ends with it: identity is asked for the pair itself, and the cache forgets both alike."""
    claims = here.verifier.verify(credential.secret, lambda: ask("identity", "jwks"))
    who = _of_program(ask("identity", "credential", credential_id=claims.credential_id, jwt_id=claims.id))
    return replace(who, expires_at=min(who.expires_at, claims.expires_at), jwt_id=claims.id)


_ASK = {shown.SESSION: _session, shown.TOKEN: _token, shown.KEY_PAIR: _key_pair, shown.JWT: _jwt}


def _of_program(found: dict[str, Any]) -> Principal:
    scopes = found["scopes"] if found["kind"] != shown.KEY_PAIR else KEY_PAIR
    return Principal(
        account_id=found["account_id"],
        session_id="",
        address_ids=tuple(found["address_ids"]),
        operator=found["operator"],
        expires_at=_moment(found["expires_at"]),
        csrf_token="",
        credential_id=found["credential_id"],
        kind=found["kind"],
        scopes=frozenset(scopes),
        workspace_ids=None if found["workspace_ids"] is None else tuple(found["workspace_ids"]),
    )


def _moment(text: str | None) -> float:
    return math.inf if text is None else datetime.fromisoformat(text).timestamp()


def _origin(req: Request) -> dict[str, str]:
    return {"ip": client_ip(req.environ, req.gateway.settings.trusted_proxies), "user_agent": user_agent(req.environ)}


def _tell_of(req: Request, refusal: Unauthenticated | PermissionDenied) -> None:
    """For whoever watches the logs: that somebody came with something bad, and from where; never with what."""
    req.environ[REFUSAL] = refusal.code
    if refusal.code != "authentication_required":
        refused.labels(refusal.code).inc()
        log.info("credential refused: %s", refusal.code, extra={"client": _origin(req)["ip"], "code": refusal.code})


def _check_csrf(sent: str | None, who: Principal) -> None:
    if not sent:
        raise PermissionDenied("csrf_token_missing", "Send the csrf_token of the sign-in as X-CSRF-Token.")
    if not compare_digest(sent.encode(), who.csrf_token.encode()):
        raise PermissionDenied("csrf_token_invalid", "The X-CSRF-Token does not belong to this session.")
