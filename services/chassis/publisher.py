"""Publishing: one process a service follows its log, sends what is public in order, and then stores how far it came."""

import logging
import threading
import time

from opentelemetry.trace import SpanKind
from psycopg import Connection
from psycopg.rows import DictRow

from services.chassis import broker, crash, follower, metrics, positions, tracing
from services.chassis.application import Application
from services.chassis.broker import BROKER_ERRORS, Outgoing
from services.chassis.database import OUTAGE
from services.chassis.publiclog import PublicLog

log = logging.getLogger(__name__)

CONSUMER = "publisher"
HEARTBEAT = 0.5
_PAGE = 500
_ELECTION = 1.0
# Least time from one look into the log to the next while there is something to publish: a page of events costs little more than one.
_PACE = 0.01


class Publisher:
    """Any number may run; the one that holds the advisory lock publishes, and another takes over when its connection ends."""

    def __init__(self, app: Application, amqp_url: str) -> None:
        self._db = app.database
        self._log = PublicLog(app)
        self._source = app.name
        self._broker = broker.Publisher(amqp_url)
        self.leading = False
        self.error = ""
        metrics.leading.labels(self._source).set_function(lambda: self.leading)

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                with self._db.connect() as connection:
                    self._lead(connection, stop)
            except (*OUTAGE, *BROKER_ERRORS) as error:
                self.error = type(error).__name__
                log.warning("publishing pauses: %s", self.error)
                stop.wait(0.5)
            except Exception as error:
                # An event that cannot be made public: nothing after it is published until it can be, and /readyz says so.
                self.error = f"stopped: {type(error).__name__}"
                log.exception("publishing cannot go on")
                stop.wait(5)
            finally:
                self.leading = False
        self._broker.close()

    def _lead(self, connection: Connection[DictRow], stop: threading.Event) -> None:
        while not self._elected(connection):
            self.error = ""
            if stop.wait(_ELECTION):
                return
        self.leading = True
        follower.listen(connection, self._db.schema)
        position = positions.read(connection, CONSUMER).get(self._source, 0)
        beat = 0.0
        while not stop.is_set():
            began = time.monotonic()
            moved = self._publish(connection, position)
            if time.monotonic() - beat >= HEARTBEAT:
                self._broker.announce(self._source, moved)
                beat = time.monotonic()
            self.error = ""
            if moved == position:
                follower.wait(connection, HEARTBEAT, stop)
            else:
                stop.wait(max(0.0, began + _PACE - time.monotonic()))
            position = moved

    def _elected(self, connection: Connection[DictRow]) -> bool:
        row = connection.execute(
            "SELECT pg_try_advisory_lock(hashtextextended(%s, 1)) AS won", (f"{self._db.schema}.publisher",)
        ).fetchone()
        return bool(row and row["won"])

    def _publish(self, connection: Connection[DictRow], position: int) -> int:
        """Returns the position it came to. The position is stored over the connection that holds the lock: whoever lost it cannot."""
        events = self._log.after(position, _PAGE)
        if not events:
            return position
        crash.point("publisher.read")
        self._broker.publish_all([Outgoing(event.type, event.to_json()) for event in events])
        for event in events:
            tracing.instant(f"publish {event.type}", event.traceparent, SpanKind.PRODUCER, position=event.position)
        crash.point("publisher.published")
        positions.save(connection, CONSUMER, self._source, events[-1].position)
        metrics.published.labels(self._source).inc(len(events))
        return events[-1].position
