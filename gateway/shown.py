"""Which credential a request shows: read off its headers, nobody asked."""

from base64 import b64decode
from dataclasses import dataclass

from gateway.calls import Request
from services.chassis import tokens
from services.chassis.errors import Unauthenticated

COOKIE = "gatehouse_session"
# Well above the longest JWT of ours.
LONGEST = 8_000

SESSION, TOKEN, KEY_PAIR, JWT = "session", "token", "key_pair", "jwt"


@dataclass(frozen=True, slots=True)
class Shown:
    """``secret`` is the token; of a key pair the secret, which belongs to ``access_key``."""

    kind: str
    secret: str
    access_key: str = ""
    by_cookie: bool = False


def read(req: Request) -> Shown:
    """What the Authorization header says counts before the cookie, which browsers send by themselves."""
    if header := req.environ.get("HTTP_AUTHORIZATION"):
        return from_header(header)
    if token := req.cookies.get(COOKIE):
        return Shown(SESSION, token, by_cookie=True)
    raise Unauthenticated("authentication_required", "Sign in with POST /v1/sessions.")


def from_header(header: str) -> Shown:
    scheme, _, value = header.partition(" ")
    value = value.strip()
    if len(header) <= LONGEST and value:
        if scheme.lower() in ("bearer", "token"):
            return _bearer(value)
        if scheme.lower() == "basic":
            return _basic(value)
    raise Unauthenticated("authorization_unsupported", "Use 'Authorization: Bearer <token>', or Basic with a key pair.")


def _bearer(value: str) -> Shown:
    if tokens.looks_like(value):
        if not tokens.genuine(value):
            raise Unauthenticated("token_malformed", "This token has a typo or is not complete.")
        return Shown(TOKEN, value)
    return Shown(JWT if value.count(".") == 2 else SESSION, value)


def _basic(value: str) -> Shown:
    try:
        access_key, colon, secret = b64decode(value, validate=True).decode("latin-1").partition(":")
    except ValueError:
        colon = ""
    if not colon or not access_key or not access_key.isprintable() or len(access_key) > 100:
        raise Unauthenticated("basic_malformed", "Send 'Basic' and base64 of the access key, a colon and the secret key.")
    return Shown(KEY_PAIR, secret, access_key)
