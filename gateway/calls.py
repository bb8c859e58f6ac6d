"""One request: who asks and from where, and how it asks the services."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any, Protocol

import flask
from flask import request

from gateway.access import Access, Principal
from gateway.jwt import Verifier
from gateway.readings import Readings
from gateway.seen import Seen
from gateway.uses import Uses
from services.chassis import context
from services.chassis.context import OPERATOR, CallContext
from services.chassis.errors import InvalidInput, ServiceError, Unauthenticated
from services.chassis.rpc_client import Answer
from services.chassis.secrets import Keys
from services.chassis.settings import Settings

CORRELATION = "gatehouse.correlation_id"
# Why the request is being refused, as far as anybody has said.
REFUSAL = "gatehouse.refusal"
USER_AGENT_LENGTH = 256
# What may be an id: an address or a name, which would be kept for ever, is none.
_CLAIM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,99}")


class Client(Protocol):
    def call(self, service: str, method: str, payload: dict[str, Any]) -> Answer: ...


@dataclass(frozen=True)
class Gateway:
    """What every request works with; built once."""

    settings: Settings
    client: Client
    access: Access
    keys: Keys
    seen: Seen
    uses: Uses
    readings: Readings
    verifier: Verifier


class Request(flask.Request):
    """Carries what a request's handling needs: every look at one of Flask's globals would cost as much as a look into the cache."""

    gateway: Gateway
    principal: Principal | None = None
    # Where it belongs, once somebody has looked.
    workspace_id: str = ""


def this_request() -> Request:
    return request._get_current_object()  # type: ignore[attr-defined]


def gateway() -> Gateway:
    return this_request().gateway


def principal() -> Principal:
    """Whoever the route's permission has let in."""
    if (who := this_request().principal) is None:
        raise Unauthenticated("authentication_required", "Sign in with POST /v1/sessions.")
    return who


def correlation_id() -> str:
    return str(request.environ.get(CORRELATION, ""))


def client_ip(environ: Mapping[str, Any], trusted_proxies: int) -> str:
    """Each trusted proxy appended the address it was called from; what stands left of those anybody may have written."""
    direct = str(environ.get("REMOTE_ADDR", ""))
    if not trusted_proxies:
        return direct
    chain = [part.strip() for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()] + [direct]
    try:
        return str(ip_address(chain[-min(len(chain), trusted_proxies + 1)]))
    except ValueError:
        return direct


def user_agent(environ: Mapping[str, Any]) -> str:
    text = str(environ.get("HTTP_USER_AGENT", ""))[:USER_AGENT_LENGTH]
    return "".join(c for c in text if c.isprintable())


def claimed(environ: Mapping[str, Any], header: str) -> str:
    """What the client calls its request or itself: put on record as its word, and used for nothing."""
    found = _CLAIM.fullmatch(str(environ.get(header, "")))
    return found[0] if found else ""


def idempotency_key(environ: Mapping[str, Any]) -> str:
    key = str(environ.get("HTTP_IDEMPOTENCY_KEY", ""))
    if "HTTP_IDEMPOTENCY_KEY" in environ and not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise InvalidInput("idempotency_key_invalid", "An Idempotency-Key has 1 to 255 printable ASCII characters.")
    return key


def ask(service: str, method: str, **payload: Any) -> dict[str, Any]:
    """A question: answered by another replica if the first one dies over it."""
    req = this_request()
    return _called(req, replace(_context(req), repeatable="yes"), service, method, payload).data


def tell(service: str, method: str, **payload: Any) -> dict[str, Any]:
    return told(service, method, **payload).data


def told(service: str, method: str, **payload: Any) -> Answer:
    """A command: carries the request's Idempotency-Key, and its position is remembered for reading one's own writes."""
    req = this_request()
    call = replace(_context(req), idempotency_key=idempotency_key(req.environ) if req.method == "POST" else "")
    answer = _called(req, call, service, method, payload)
    workspace_id = call.workspace_id or answer.data.get("id", "")
    if service == "workspaces" and answer.position and workspace_id:
        req.gateway.access.seen.note(workspace_id, answer.position)
    return answer


def tell_secret(service: str, method: str, **payload: Any) -> dict[str, Any]:
    """A command answered with a secret: no idempotency key travels, because its kept answer would be a stored secret."""
    req = this_request()
    return _called(req, _context(req), service, method, payload).data


def _called(req: Request, call: CallContext, service: str, method: str, payload: dict[str, Any]) -> Answer:
    try:
        with context.use(call):
            return req.gateway.client.call(service, method, payload)
    except ServiceError as refusal:
        req.environ[REFUSAL] = refusal.code
        raise


def _context(req: Request) -> CallContext:
    who, workspace_id = req.principal, (req.view_args or {}).get("workspace_id")
    return CallContext(
        correlation_id=req.environ[CORRELATION],
        actor_id=who.account_id if who else "",
        credential_id=who.credential_id if who else "",
        ip=client_ip(req.environ, req.gateway.settings.trusted_proxies),
        user_agent=user_agent(req.environ),
        operator=OPERATOR if who and who.operator else "",
        claimed_request_id=claimed(req.environ, "HTTP_X_REQUEST_ID"),
        claimed_actor=claimed(req.environ, "HTTP_X_ACTOR"),
        workspace_id=str(workspace_id or ""),
    )
