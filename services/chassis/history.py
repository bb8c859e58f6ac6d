"""As it was: the events of one scope, and of no other, replayed through the projections into tables of one's own.

A scope is whatever all of a history belongs to. Queries and use cases run inside it unchanged: the tables they name are found first among
the connection's temporary ones. See docs/decisions/time-travel.md.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from eventsourcing.persistence import JSONTranscoder, StoredEvent
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema
from psycopg import Connection, sql
from psycopg.rows import DictRow, dict_row, tuple_row
from psycopg.types.json import Jsonb

from services.chassis.checkpoints import Checkpoint, Checkpoints
from services.chassis.errors import NotFound, Unavailable, Unprocessable
from services.chassis.keyring import Unopened, UnopenedTranscoding
from services.chassis.memory_rows import MemoryRows
from services.chassis.projections import Projection
from services.chassis.views import Row, Rows, Table

if TYPE_CHECKING:
    from services.chassis.application import Application

T = TypeVar("T")

# Of questions about the past that are answered at once: each replays, which takes a processor.
_SEATS = 2
_PATIENCE = 5.0
_PAUSE = 0.01
_PAGE = 1_000
_EVERYTHING = 2**63 - 1

# From stream to stream by the key of the log: whatever the planner believes, it reads nothing else.
_EVENTS = """SELECT e.* FROM streams s CROSS JOIN LATERAL (
        SELECT notification_id, originator_id, originator_version, topic, state FROM stored_events
        WHERE originator_id = s.stream_id AND notification_id > %s AND notification_id <= %s OFFSET 0) AS e
    WHERE s.scope = %s ORDER BY e.notification_id"""
_LAST = """SELECT e.* FROM streams s CROSS JOIN LATERAL (
        SELECT notification_id, originator_id, originator_version, topic, state FROM stored_events
        WHERE originator_id = s.stream_id AND notification_id <= %s ORDER BY originator_version DESC LIMIT 1) AS e
    WHERE s.scope = %s ORDER BY e.notification_id DESC LIMIT 1"""

streams = Table("streams", key=("stream_id",), columns={"stream_id": "uuid NOT NULL", "scope": "uuid NOT NULL"}, indexes=("scope",))


class Streams(Projection):
    """Which streams a scope's history is made of. A service says it of the events that begin one."""

    name, tables = "streams", (streams,)

    def note(self, scope: UUID, event: Any, rows: Rows) -> None:
        rows.put(streams, stream_id=event.originator_id, scope=scope)


@dataclass(frozen=True, slots=True)
class At:
    """All that had happened by ``time``; or, with a position of the service's log, all up to there, ends being judged by ``time``."""

    time: datetime | None = None
    position: int | None = None


class AtSchema(Schema):
    time = fields.AwareDateTime(load_default=None, allow_none=True)
    position = fields.Integer(strict=True, load_default=None, allow_none=True, validate=validate.Range(0, _EVERYTHING))

    @validates_schema
    def _says_when(self, data: dict[str, Any], **_: Any) -> None:
        if data["time"] is None and data["position"] is None:
            raise ValidationError({"time": ["Give this or position."]})

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> At:
        return At(**data)


class AtField(fields.Nested):
    def __init__(self) -> None:
        super().__init__(AtSchema, load_default=None, allow_none=True)


class Moment(Schema):
    """Asked of a service: when was that, in what it knows of this scope?"""

    scope = fields.UUID(required=True)
    at = fields.Nested(AtSchema, required=True)


@dataclass(slots=True)
class Past:
    """What a question is answered from: the scope's events up to this position."""

    scope: UUID
    position: int
    moment: datetime
    connection: Connection[DictRow]
    _kept: Any = None

    def kept(self, make: Callable[[], T]) -> T:
        """What is made of it once."""
        if self._kept is None:
            self._kept = make()
        made: T = self._kept
        return made


@dataclass(frozen=True, slots=True)
class Happened:
    position: int
    event: Any


class History:
    """Of every scope of one service."""

    def __init__(self, app: "Application", projections: Sequence[type[Projection]]) -> None:
        self._app = app
        self._projections = [projection() for projection in projections]
        self.tables = [table for projection in projections for table in projection.tables]
        self._by_kind: dict[type, list[Projection]] = {}
        self._mapper = _unopening(app)
        self.checkpoints = Checkpoints(app.database, projections)
        self._seats = threading.BoundedSemaphore(_SEATS)
        self._current: ContextVar[Past | None] = ContextVar(f"past-{app.name}", default=None)

    @property
    def current(self) -> Past | None:
        """The past that this call is in."""
        return self._current.get()

    @contextmanager
    def at(self, scope: UUID, at: At, now: datetime) -> Iterator[datetime]:
        """Yields the moment by which what ends is to be judged. Nothing but temporary tables can be written inside."""
        with self._seat(), self._connected() as connection:
            position, moment = self._found(connection, scope, at, now)
            self._fill(connection, self._replayed(connection, scope, position))
            with connection.transaction(), self._app.database.through(connection):
                connection.execute("SET TRANSACTION READ ONLY")
                connection.row_factory = self._opening
                token = self._current.set(Past(scope, position, moment, connection))
                try:
                    yield moment
                finally:
                    self._current.reset(token)

    def moment(self, scope: UUID, at: At, now: datetime) -> datetime:
        """When that was. Raises for what is still to come, and for what came before the scope's first event here."""
        with self._connected() as connection:
            return self._found(connection, scope, at, now)[1]

    def rows(self, scope: UUID, position: int = _EVERYTHING) -> MemoryRows:
        """As the projections made them of the scope's events up to there."""
        with self._connected() as connection:
            return self._replayed(connection, scope, position)

    def keep(self, now: datetime) -> None:
        """Makes the checkpoints that are due. Of several processes that try at once, one does."""
        with self._connected() as connection, self.checkpoints.turn(connection) as mine:
            if not mine:
                return
            settled = self._app.log.settled(connection)
            for scope in self.checkpoints.grown(connection, settled):
                self._advance(connection, scope, settled)
            self.checkpoints.looked_up_to(connection, settled)

    def _advance(self, connection: Connection[DictRow], scope: UUID, upto: int) -> None:
        last = self.checkpoints.before(connection, scope, upto)
        rows = self.checkpoints.load(last, self.tables)
        fresh: list[datetime] = []
        for happened in self._events(connection, scope, last.position if last else 0, upto):
            self._apply(happened.event, rows)
            fresh.append(happened.event.timestamp)
            if len(fresh) == self.checkpoints.every:
                self.checkpoints.store(scope, happened.position, fresh, rows)
                fresh.clear()

    def _replayed(self, connection: Connection[DictRow], scope: UUID, position: int) -> MemoryRows:
        last = self.checkpoints.before(connection, scope, position)
        rows = self.checkpoints.load(last, self.tables)
        for happened in self._events(connection, scope, last.position if last else 0, position):
            self._apply(happened.event, rows)
        return rows

    def _apply(self, event: Any, rows: MemoryRows) -> None:
        for projection in self._handling(type(event)):
            projection.apply(event, rows)

    def _handling(self, kind: type) -> list[Projection]:
        if (found := self._by_kind.get(kind)) is None:
            found = self._by_kind[kind] = [projection for projection in self._projections if projection.handler(kind)]
        return found

    def _events(self, connection: Connection[DictRow], scope: UUID, after: int, upto: int) -> Iterator[Happened]:
        """In pages: another green thread gets its turn between two of them."""
        with connection.transaction(), connection.cursor(name="history", binary=True, row_factory=tuple_row) as cursor:
            cursor.itersize = _PAGE
            cursor.execute(_EVENTS.encode(), (after, upto, scope))
            for position, *stored in cursor:
                yield Happened(position, self._mapper.to_domain_event(StoredEvent(*stored)))

    def _found(self, connection: Connection[DictRow], scope: UUID, at: At, now: datetime) -> tuple[int, datetime]:
        """Up to which position the scope's events belong to it, and which moment it is."""
        if at.position is None:
            moment = at.time or now
            if moment > now:
                raise Unprocessable("at_in_future", "name a moment that is over", {"at": ["Lies in the future."]})
            return self._cut(connection, scope, moment), moment
        self._settle(connection, at.position)
        return at.position, at.time or self._time_of(connection, scope, at.position)

    def _time_of(self, connection: Connection[DictRow], scope: UUID, position: int) -> datetime:
        if (last := connection.execute(_LAST.encode(), (position, scope)).fetchone()) is None:
            raise NotFound("nothing_yet", "nothing had happened in this workspace by then, as far as this service knows")
        happened: datetime = self._mapper.to_domain_event(_stored(last)).timestamp
        return happened

    def _settle(self, connection: Connection[DictRow], position: int) -> None:
        """Waits for what may still appear up to there."""
        if position > self._app.log.handed_out(connection):
            raise Unprocessable("position_unknown", "send a position that was answered before", {"at": ["Nothing is there yet."]})
        deadline = time.monotonic() + _PATIENCE
        while self._app.log.settled(connection) < position:
            if time.monotonic() > deadline:
                raise Unavailable("not_caught_up", "something before that position is still being written: try again", {"retry_after": 1})
            time.sleep(_PAUSE)

    def _cut(self, connection: Connection[DictRow], scope: UUID, moment: datetime) -> int:
        """Where the log is cut so that the fewest events are on the wrong side of it: the last such place.

        Where clocks never stepped that is after the last event that had happened. Events of which a checkpoint says that they are all
        on one side are not read.
        """
        score = best = found = after = 0
        for segment in self.checkpoints.segments(connection, scope):
            for position, step in self._steps(connection, scope, after, segment, moment):
                score += step
                if score >= best:
                    best, found = score, position
            after = segment.position
        return found

    def _steps(
        self, connection: Connection[DictRow], scope: UUID, after: int, segment: Checkpoint, moment: datetime
    ) -> Iterator[tuple[int, int]]:
        if segment.latest <= moment:
            yield segment.position, segment.events
        elif segment.earliest > moment:
            yield segment.position, -segment.events
        else:
            for happened in self._events(connection, scope, after, segment.position):
                yield happened.position, 1 if happened.event.timestamp <= moment else -1

    def _fill(self, connection: Connection[DictRow], rows: MemoryRows) -> None:
        """Temporary tables, which come first where names are looked up."""
        connection.execute(sql.SQL("SET search_path = pg_temp, {}").format(sql.Identifier(self._app.database.schema)))
        for table in self.tables:
            table.create(connection)
            self._copy(connection, table, rows.of(table))

    def _copy(self, connection: Connection[DictRow], table: Table, rows: Collection[Row]) -> None:
        written = {name: _json for name in table.columns if table.type_of(name) == "jsonb"} | dict.fromkeys(table.compared, self._read)
        self._fetch_keys(table, rows)
        names = sql.SQL(", ").join(map(sql.Identifier, table.columns))
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                values = row | {name: write(row[name]) for name, write in written.items()} if written else row
                copy.write_row([*values.values()])

    def _fetch_keys(self, table: Table, rows: Collection[Row]) -> None:
        """Of what is compared, all at once."""
        sealed = (Unopened.from_text(row[name], self._app.ring) for name in table.compared for row in rows)
        self._app.ring.fetch({value.subject_id for value in sealed if value})

    def _opening(self, cursor: Any) -> Callable[[Sequence[Any]], DictRow]:
        """Rows as everybody gets them; what is personal is opened now that somebody reads it."""
        make = dict_row(cursor)

        def made(values: Sequence[Any]) -> DictRow:
            return make([self._read(value) for value in values])

        return made

    def _read(self, value: Any) -> Any:
        if (sealed := Unopened.from_text(value, self._app.ring)) is None:
            return value
        with self._app.database.outside():
            return sealed.opened()

    @contextmanager
    def _seat(self) -> Iterator[None]:
        if not self._seats.acquire(timeout=_PATIENCE):
            raise Unavailable("history_busy", "others are asking about the past: try again", {"retry_after": 2})
        try:
            yield
        finally:
            self._seats.release()

    @contextmanager
    def _connected(self) -> Iterator[Connection[DictRow]]:
        """One of its own, that prepares nothing: a statement prepared on the live tables would go on reading them."""
        with self._app.database.connect() as connection:
            connection.prepare_threshold = None
            connection.execute("SET work_mem = '64MB'")
            yield connection


def _unopening(app: "Application") -> Any:
    """Makes the domain events as the application does, but opens nothing personal."""
    transcoder = app.construct_transcoder()
    if not isinstance(transcoder, JSONTranscoder):
        raise TypeError("events are stored as JSON")
    transcoder.register(UnopenedTranscoding(app.ring))
    return app.factory.mapper(transcoder=transcoder)


def _json(value: Any) -> Any:
    return None if value is None else Jsonb(value)


def _stored(row: Any) -> StoredEvent:
    return StoredEvent(row["originator_id"], row["originator_version"], row["topic"], bytes(row["state"]))
