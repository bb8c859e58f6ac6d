"""What this gateway has refused, gathered for the audit trail: counted here, told to audit every other second."""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import eventlet

from gateway.access import Principal
from gateway.calls import REFUSAL, client_ip, user_agent
from services.chassis import context
from services.chassis.context import OPERATOR, CallContext
from services.chassis.errors import ServiceError, Unavailable

log = logging.getLogger(__name__)

Call = Callable[[str, str, dict[str, Any]], object]

KINDS = {"401": "unauthenticated", "403": "forbidden", "429": "throttled"}
# Whoever shows nothing at all has tried nothing.
NOTHING_SHOWN = "authentication_required"
TICK = 2.0


@dataclass(frozen=True, slots=True)
class Refused:
    """Attempts of which all this is equal are one, with a count. ``route``: as declared; addresses may hold tokens."""

    kind: str
    code: str
    route: str
    ip: str
    account_id: str = ""
    credential_id: str = ""
    workspace_id: str = ""
    operator: str = ""


OVERFLOW = Refused("overflow", "too_many_kinds", "", "")


class Refusals:
    """Never more than ``most`` different ones in ``seconds``, nor while audit is away: the others are counted together."""

    def __init__(self, call: Call, seconds: int, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._call, self._seconds, self._most, self._clock = call, seconds, most, clock
        self._counts: dict[Refused, tuple[int, str]] = {}
        self._known: set[Refused] = set()
        self._since = clock()
        self._unsent: tuple[str, list[dict[str, Any]]] | None = None

    def note(self, environ: dict[str, Any], status: str) -> None:
        """What was just answered with this status, if it is a refusal of somebody who tried something."""
        if (kind := KINDS.get(status[:3])) is None or (req := environ.get("werkzeug.request")) is None or req.url_rule is None:
            return
        shown = "HTTP_AUTHORIZATION" in environ or kind != "unauthenticated"
        code = environ.get(REFUSAL) or (HTTPStatus(int(status[:3])).phrase.lower().replace(" ", "_") if shown else NOTHING_SHOWN)
        if code != NOTHING_SHOWN:
            who = _whose(req.principal, req.view_args or {}) if req.principal else {}
            ip = client_ip(environ, req.gateway.settings.trusted_proxies)
            self.add(Refused(kind, code, f"{req.method} {req.url_rule.rule}", ip, **who), user_agent(environ))

    def add(self, refused: Refused, agent: str = "") -> None:
        """``agent``: what was at work, by its own word; that of the first of those alike is told."""
        if self._clock() - self._since >= self._seconds:
            self._since, self._known = self._clock(), set()
        if refused not in self._known and max(len(self._known), len(self._counts)) >= self._most:
            refused, agent = OVERFLOW, ""
        self._known.add(refused)
        count, first = self._counts.get(refused, (0, agent))
        self._counts[refused] = (count + 1, first)

    def run(self) -> None:
        while True:
            eventlet.sleep(TICK)
            self.flush()

    def flush(self) -> None:
        """What could not be told is told again, under its key, so that audit counts it once."""
        if self._unsent is None and self._counts:
            told = [asdict(refused) | {"count": count, "user_agent": agent} for refused, (count, agent) in self._counts.items()]
            self._unsent, self._counts = (str(uuid4()), told), {}
        if self._unsent is not None and self._told(*self._unsent):
            self._unsent = None

    def _told(self, key: str, refusals: list[dict[str, Any]]) -> bool:
        try:
            with context.use(CallContext(correlation_id=key, actor_id="system:gateway", idempotency_key=key)):
                self._call("audit", "note_refusals", {"refusals": refusals})
        except Unavailable:
            return False
        except ServiceError as error:
            log.error("%d refused attempts are lost to the audit trail: %s", len(refusals), error.code)
        return True


def _whose(who: Principal, named: dict[str, Any]) -> dict[str, str]:
    """``workspace_id``: the one that was asked for, or a key pair's own."""
    bound = who.workspace_ids[0] if who.kind == "key_pair" and who.workspace_ids else ""
    return {
        "account_id": who.account_id,
        "credential_id": who.credential_id,
        "workspace_id": str(named.get("workspace_id") or bound),
        "operator": OPERATOR if who.operator else "",
    }
