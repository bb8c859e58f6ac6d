"""The two kinds of consumer: a projection applies a batch in one transaction, a reaction each event in its own."""

import logging
import time
from collections.abc import Callable, Sequence

from opentelemetry.trace import SpanKind
from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from services.chassis import context, crash, metrics, positions, tracing
from services.chassis.bulk import BulkRows
from services.chassis.consumer import Gap
from services.chassis.context import CallContext
from services.chassis.database import OUTAGE, Database
from services.chassis.projections import Projection
from services.chassis.public import PublicEvent
from services.chassis.reactions import Reaction

log = logging.getLogger(__name__)

# Seconds between the tries of a reaction, before its event is parked.
BACK_OFF = (0.1, 0.5, 2.0, 5.0)
# No fault of the reaction: nothing is counted against it.
_NOT_OURS: tuple[type[Exception], ...] = (Gap, *OUTAGE)


class ProjectionSink:
    pace = 0.02

    def __init__(self, projection: Projection, db: Database) -> None:
        self.name, self.sources = projection.name, projection.sources
        self._projection, self._db = projection, db

    def positions(self) -> dict[str, int]:
        with self._db.connection() as connection:
            return positions.read(connection, self.name)

    def apply(self, events: Sequence[PublicEvent]) -> None:
        with self._db.transaction() as connection:
            known = positions.lock(connection, self.name, durable=False)
            with connection.pipeline():
                missing = self._write(connection, known, events)
                crash.point("projection.written")
                connection.commit()
        if missing:
            raise missing

    def _write(self, connection: Connection[DictRow], known: dict[str, int], events: Sequence[PublicEvent]) -> Gap | None:
        """Up to a gap, which it returns."""
        rows, fresh, gap = BulkRows(connection), [], None
        for event in events:
            if event.position <= known.get(event.source, 0):
                continue
            if gap := _gap(event, known):
                break
            fresh.append(event)
            tracing.instant(f"project {self._db.schema}.{self.name}", event.traceparent, SpanKind.CONSUMER, position=event.position)
            known[event.source] = event.position
        self._projection.apply_all(fresh, rows, connection)
        rows.flush()
        for source in known.keys() & {event.source for event in events}:
            positions.save(connection, self.name, source, known[source])
        metrics.applied.labels(f"{self._db.schema}.{self.name}").inc(len(fresh))
        return gap


class ReactionSink:
    def __init__(self, reaction: Reaction, db: Database, *, sleep: Callable[[float], object] = time.sleep) -> None:
        """``sleep`` answers true if the process is to end: the event then stays where it is, for the next one."""
        self.name, self.sources, self.pace = reaction.name, reaction.sources, reaction.pace
        self._reaction, self._db, self._sleep = reaction, db, sleep

    def positions(self) -> dict[str, int]:
        with self._db.connection() as connection:
            return positions.read(connection, self.name)

    def apply(self, events: Sequence[PublicEvent]) -> None:
        passed: list[PublicEvent] = []
        for event in events:
            if self._reaction.handler(event.type) is None:
                passed.append(event)
                continue
            self._pass(passed)
            passed = []
            self._apply(event)
        self._pass(passed)

    def _pass(self, events: Sequence[PublicEvent]) -> None:
        """Events that mean nothing to it, all in one transaction."""
        if not events:
            return
        gap = None
        with self._db.transaction() as connection:
            known = positions.lock(connection, self.name)
            for event in events:
                if gap := _gap(event, known):
                    break
                known[event.source] = max(event.position, known.get(event.source, 0))
            with connection.pipeline():
                for source in known.keys() & {event.source for event in events}:
                    positions.save(connection, self.name, source, known[source])
                connection.commit()
        if gap:
            raise gap

    def _apply(self, event: PublicEvent) -> None:
        for attempt, pause in enumerate((*BACK_OFF, None), start=1):
            try:
                return self._once(event)
            except _NOT_OURS:
                raise
            except Exception as error:
                log.warning(
                    "reaction %s to %s failed, try %d: %s", self.name, event.id, attempt, type(error).__name__, exc_info=pause is None
                )
                if pause is None and self._reaction.parks and not isinstance(error, self._reaction.waits_for):
                    return self._park(event, error, attempt)
                if pause is None or self._sleep(pause):
                    raise

    def _once(self, event: PublicEvent) -> None:
        with self._db.transaction() as connection:
            known = positions.lock(connection, self.name)
            if event.position <= known.get(event.source, 0):
                return
            if gap := _gap(event, known):
                raise gap
            self.react(event)
            crash.point("reaction.done")
            with connection.pipeline():
                positions.save(connection, self.name, event.source, event.position)
                connection.commit()

    def react(self, event: PublicEvent) -> None:
        with tracing.span(f"react {self._db.schema}.{self.name}", parent=event.traceparent, kind=SpanKind.CONSUMER):
            call = _caused_by(event, f"system:{self._db.schema}", tracing.traceparent())
            with context.use(call):
                self._reaction.react(event)

    def _park(self, event: PublicEvent, error: Exception, attempts: int) -> None:
        """Sets the event aside and goes on. The error's text is not kept: it could hold a personal value."""
        with self._db.transaction() as connection:
            connection.execute(
                "INSERT INTO parked_events (consumer, event_id, event, error, attempts) VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (self.name, event.id, Jsonb(event.to_wire()), type(error).__name__, attempts),
            )
            positions.save(connection, self.name, event.source, event.position)
        metrics.parked.labels(f"{self._db.schema}.{self.name}").inc()


def _gap(event: PublicEvent, known: dict[str, int]) -> Gap | None:
    return Gap(event.source, known.get(event.source, 0)) if event.previous > known.get(event.source, 0) else None


def _caused_by(event: PublicEvent, actor: str, traceparent: str) -> CallContext:
    return CallContext(
        correlation_id=event.correlation_id,
        causation_id=event.id,
        actor_id=actor,
        on_behalf_of=event.on_behalf_of or event.actor_id,
        operator=event.operator,
        workspace_id=event.workspace_id,
        traceparent=traceparent,
    )
