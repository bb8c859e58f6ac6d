"""The calls this gateway answers, counted by workspace and reported to billing now and then. See docs/decisions/usage.md."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import eventlet

from gateway.calls import Request
from gateway.metrics import unreported
from gateway.spool import Sealed, Spool
from services.chassis import context, crash
from services.chassis.context import CallContext
from services.chassis.errors import ServiceError, Unavailable

log = logging.getLogger(__name__)

Call = Callable[[str, str, dict[str, Any]], object]

# No time zone's midnight lies within one, so each belongs to one day wherever its workspace is.
QUARTER = 900
# Seconds until what billing did not take is told again.
AGAIN = 5
# The platform reports what workspaces use; it is not they who call.
FREE = frozenset({"usage.report_usage"})


class Meter:
    """``seconds``: between two reports."""

    def __init__(self, call: Call, spool: Spool, seconds: int, clock: Callable[[], float] = time.time) -> None:
        self._call, self._spool, self._seconds, self._clock = call, spool, seconds, clock
        # What the disk had no room for.
        self._held: Counter[tuple[str, int]] = Counter()

    def note(self, environ: dict[str, Any], status: str) -> None:
        """What was just answered. Refusals and failures cost nobody anything."""
        if status[0] in "23" and (req := environ.get("werkzeug.request")) is not None and (workspace_id := _workspace_of(req)):
            self.add(workspace_id)

    def add(self, workspace_id: str) -> None:
        since = int(self._clock()) // QUARTER * QUARTER
        try:
            self._spool.add(workspace_id, since)
        except OSError as error:
            if not self._held:
                log.error("calls are counted in memory only: %s", error.strerror)
            self._held[workspace_id, since] += 1

    def run(self) -> None:
        """At once what was left when this gateway, or another one, ended."""
        while True:
            eventlet.sleep(self._seconds if self.flush() else min(self._seconds, AGAIN))

    def flush(self) -> bool:
        """Reports what there is. What billing did not take stays, under its name, so that billing counts it once; then False."""
        try:
            self._spill()
            # While something waits, what is counted goes on in one file: billing may be away for days.
            if not self._spool.sealed():
                self._spool.seal()
            self._report_all()
            unreported.set(waiting := len(self._spool.sealed()))
        except OSError as error:
            log.error("counted calls cannot be read or written: %s", error.strerror)
            return False
        return not waiting

    def close(self) -> None:
        self._spool.close()

    def _spill(self) -> None:
        for (workspace_id, since), number in list(self._held.items()):
            self._spool.add(workspace_id, since, number)
            del self._held[workspace_id, since]

    def _report_all(self) -> None:
        try:
            for sealed in chain(self._spool.sealed(), self._spool.orphans()):
                self._report(sealed)
        except Unavailable:
            log.info("billing is away: counted calls wait")

    def _report(self, sealed: Sealed) -> None:
        if counts := sealed.counts():
            since = datetime.fromtimestamp(sealed.since, UTC).isoformat()
            report = {"gateway": sealed.gateway, "sequence": sealed.sequence, "since": since, "counts": counts}
            if not self._taken(sealed, report):
                return
        sealed.path.unlink(missing_ok=True)

    def _taken(self, sealed: Sealed, report: dict[str, Any]) -> bool:
        call = CallContext(correlation_id=f"{sealed.gateway}/{sealed.sequence}", actor_id="system:gateway", repeatable="yes")
        try:
            with context.use(call):
                self._call("billing", "count_calls", report)
        except Unavailable:
            raise
        except ServiceError as error:
            log.error("billing does not take report %d of gateway %s: %s", sealed.sequence, sealed.gateway, error.code)
            return False
        crash.point("gateway.reported")
        return True


def _workspace_of(req: Request) -> str:
    """The one that was asked for, else the only one that the credential is good for, else none."""
    who = req.principal
    if who is None or req.endpoint in FREE:
        return ""
    if named := req.workspace_id or (req.view_args or {}).get("workspace_id"):
        return str(named)
    bound = who.workspace_ids
    return bound[0] if bound is not None and len(bound) == 1 else ""
