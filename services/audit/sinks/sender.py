"""Sends the journal on to one sink, at least once and in order."""

import heapq
import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from http.client import HTTPException
from ssl import SSLCertVerificationError
from typing import Protocol
from uuid import uuid4

from prometheus_client import Counter, Gauge
from psycopg import Connection
from psycopg.rows import DictRow

from services.audit.sinks import states
from services.audit.sinks.states import SinkStates
from services.audit.sinks.targets import Target, Undelivered
from services.audit.views import AuditViews
from services.chassis import context, crash, positions
from services.chassis.context import CallContext
from services.chassis.database import OUTAGE, Database
from services.chassis.views import Row

log = logging.getLogger(__name__)

delivered = Counter("gatehouse_audit_sink_delivered_total", "Entries that a sink has taken", ["sink"])
failures = Counter("gatehouse_audit_sink_failures_total", "Deliveries that failed", ["sink"])
disabled = Gauge("gatehouse_audit_sink_disabled", "1 while a sink is disabled", ["sink"])
lag = Gauge("gatehouse_audit_sink_lag", "Positions between the journal and what a sink has taken", ["sink", "source"])

JOURNAL = "journal"
# At most so many entries, and bytes unless it is a single entry, at a time.
_ENTRIES, _BYTES = 500, 1_000_000
_PAUSE, _LONGEST_PAUSE = 1.0, 600.0


class Journal(Protocol):
    """Of the application, what is needed here."""

    views: AuditViews
    sinks: SinkStates

    @property
    def database(self) -> Database: ...

    def disable_sink(self, name: str, error: str, now: datetime) -> None: ...


class Sender:
    """Any number may run; the one that holds the sink's advisory lock sends, and another takes over when its connection ends."""

    def __init__(self, app: Journal, name: str, target: Target, attempts: int, pause: float = _PAUSE) -> None:
        self._app, self._db, self._name, self._target = app, app.database, name, target
        self._attempts, self._pause = attempts, pause

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                with self._db.connect() as connection, context.use(CallContext(correlation_id=str(uuid4()), actor_id="system:audit")):
                    self._lead(connection, stop)
            except OUTAGE as error:
                log.warning("the sink %s waits: %s", self._name, type(error).__name__)
                stop.wait(self._pause)
            except Exception:
                # It goes on trying: nothing after this is sent until it can be, and the lag shows it.
                log.exception("the sink %s cannot go on", self._name)
                stop.wait(5 * self._pause)

    def _lead(self, connection: Connection[DictRow], stop: threading.Event) -> None:
        # Before anything is sent: what it does not have yet must not go.
        self._app.sinks.add(self._name)
        while not self._elected(connection):
            if stop.wait(self._pause):
                return
        while not stop.is_set():
            stop.wait(self._step(connection))

    def _elected(self, connection: Connection[DictRow]) -> bool:
        key = f"{self._db.schema}.sink.{self._name}"
        row = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 1)) AS won", (key,)).fetchone()
        return bool(row and row["won"])

    def _step(self, connection: Connection[DictRow]) -> float:
        """Seconds until the next."""
        state = connection.execute("SELECT disabled_at, failures FROM audit_sinks WHERE name = %s", (self._name,)).fetchone()
        on = state is not None and state["disabled_at"] is None
        disabled.labels(self._name).set(not on)
        taken = self._taken_of_waiting(connection)
        if not taken or not on or state is None:
            return self._pause
        try:
            # Fewer each time it fails: it may be that they are too many for the receiver.
            payload, sent = self._payload(self._next(taken, max(1, _ENTRIES >> state["failures"])))
            self._target.deliver(payload)
        except Exception as error:
            return self._put_off(connection, described(error))
        crash.point("sink.delivered")
        states.save_delivered(connection, self._name, {row["source"]: row["position"] for row in sent}, datetime.now(UTC))
        delivered.labels(self._name).inc(len(sent))
        return 0

    def _taken_of_waiting(self, connection: Connection[DictRow]) -> dict[str, int]:
        """Of each source that has more, the position it has come to."""
        taken, heard = positions.read(connection, states.consumer(self._name)), positions.read(connection, JOURNAL)
        for source, position in heard.items():
            lag.labels(self._name, source).set(position - taken.get(source, 0))
        return {source: taken.get(source, 0) for source, position in sorted(heard.items()) if position > taken.get(source, 0)}

    def _next(self, taken: dict[str, int], limit: int) -> list[Row]:
        """Each source's entries in its own order, which is that of each workspace's chain; those of several sources by time."""
        logs = [self._app.views.of_source(source, position, limit) for source, position in taken.items()]
        return list(heapq.merge(*logs, key=lambda row: row["time"]))[:limit]

    def _payload(self, rows: Sequence[Row]) -> tuple[bytes, Sequence[Row]]:
        frames: list[bytes] = []
        size = 0
        for row in rows:
            size += len(frame := self._target.frame(row))
            if frames and size > _BYTES:
                break
            frames.append(frame)
        return b"".join(frames), rows[: len(frames)]

    def _put_off(self, connection: Connection[DictRow], error: str) -> float:
        now = datetime.now(UTC)
        times = states.save_failed(connection, self._name, error, now)
        failures.labels(self._name).inc()
        log.warning("the sink %s failed %d times in a row: %s", self._name, times, error)
        if times >= self._attempts:
            self._app.disable_sink(self._name, error, now)
            return self._pause
        return min(self._pause * 2.0 ** min(times - 1, 20), _LONGEST_PAUSE)


def described(error: Exception) -> str:
    """Without anything that a receiver or a file has said."""
    if isinstance(error, SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, Undelivered):
        return str(error)
    if isinstance(error, OSError) and not isinstance(error, HTTPException):
        return error.strerror or str(error) or type(error).__name__
    return type(error).__name__
