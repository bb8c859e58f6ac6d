"""What a scope's rows were after every so many of its events: replay begins there. Bounded in number, and never a truth."""

import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow

from services.chassis import positions
from services.chassis.database import Database
from services.chassis.memory_rows import MemoryRows
from services.chassis.projections import Projection
from services.chassis.views import Table

# Events between two checkpoints of a scope; and how many it has at most, before every other one goes.
EVERY = 5_000
MOST = 40
# Log positions that are looked through for scopes at once.
_STRIDE = 100_000
_EVERYTHING = 2**63 - 1
_GROWN = """SELECT DISTINCT s.scope FROM stored_events e JOIN streams s ON s.stream_id = e.originator_id
    WHERE e.notification_id > %s AND e.notification_id <= %s"""
_FRESH = """SELECT count(*) AS events FROM streams s CROSS JOIN LATERAL (
        SELECT FROM stored_events WHERE originator_id = s.stream_id AND notification_id > %s AND notification_id <= %s OFFSET 0) AS e
    WHERE s.scope = %s"""
_SEGMENTS = """SELECT position, events, earliest, latest FROM checkpoints WHERE scope = %s AND projections = %s ORDER BY position"""
_BEFORE = """SELECT position, events, earliest, latest, rows FROM checkpoints
    WHERE scope = %s AND projections = %s AND position <= %s ORDER BY position DESC LIMIT 1"""
_STORE = """INSERT INTO checkpoints (scope, position, projections, events, earliest, latest, rows) VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (scope, position) DO UPDATE SET projections = excluded.projections, events = excluded.events,
    earliest = excluded.earliest, latest = excluded.latest, rows = excluded.rows"""
# Every other one goes, but not the last; the one behind it answers for its events too.
_THIN = """WITH numbered AS (
        SELECT position, events, earliest, latest, row_number() OVER (ORDER BY position DESC) AS number
        FROM checkpoints WHERE scope = %(scope)s AND projections = %(version)s),
    gone AS (DELETE FROM checkpoints c USING numbered n WHERE c.scope = %(scope)s AND c.position = n.position AND n.number %% 2 = 0)
    UPDATE checkpoints c SET events = c.events + b.events, earliest = least(c.earliest, b.earliest), latest = greatest(c.latest, b.latest)
    FROM numbered n JOIN numbered b ON b.number = n.number + 1
    WHERE c.scope = %(scope)s AND c.position = n.position AND n.number %% 2 = 1"""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """``events``: how many lie between the one before and this, and between which moments they happened."""

    position: int
    events: int
    earliest: datetime
    latest: datetime
    rows: bytes = b""


# What lies behind the last one, of which nothing is known.
_REST = Checkpoint(_EVERYTHING, 0, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


class Checkpoints:
    def __init__(self, db: Database, projections: Sequence[type[Projection]], every: int = EVERY, most: int = MOST) -> None:
        self._db, self.every, self._most = db, every, most
        # Those of another version show rows that would come out differently today.
        self._version = " ".join(f"{projection.name}:{projection.version}" for projection in projections)
        self._consumer = f"checkpoints {self._version}"

    def segments(self, connection: Connection[DictRow], scope: UUID) -> list[Checkpoint]:
        """The scope's events in order, as far as its checkpoints know of them; the last is all that is behind."""
        rows = connection.execute(_SEGMENTS.encode(), (scope, self._version))
        return [*(Checkpoint(**row) for row in rows), _REST]

    def before(self, connection: Connection[DictRow], scope: UUID, position: int) -> Checkpoint | None:
        row = connection.execute(_BEFORE.encode(), (scope, self._version, position)).fetchone()
        return Checkpoint(**row) if row else None

    def load(self, checkpoint: Checkpoint | None, tables: Sequence[Table]) -> MemoryRows:
        rows = MemoryRows(tables)
        if checkpoint:
            held = json.loads(zlib.decompress(checkpoint.rows))
            for table in tables:
                rows.load(table, held[table.name])
        return rows

    def store(self, scope: UUID, position: int, times: Sequence[datetime], rows: MemoryRows) -> None:
        """``times``: of the events since the one before."""
        held = json.dumps({table.name: rows.rows(table) for table in rows.tables}, separators=(",", ":"))
        packed = zlib.compress(held.encode(), 1)
        with self._db.transaction() as connection:
            connection.execute(_STORE.encode(), (scope, position, self._version, len(times), min(times), max(times), packed))
            if len(self.segments(connection, scope)) - 1 > self._most:
                connection.execute(_THIN.encode(), {"scope": scope, "version": self._version})

    def grown(self, connection: Connection[DictRow], upto: int) -> Iterator[UUID]:
        """Scopes of which so many events have come that a checkpoint is due."""
        after = positions.read(connection, self._consumer).get(self._db.schema, 0)
        if not after:
            connection.execute("DELETE FROM checkpoints WHERE projections <> %s", (self._version,))
        for start in range(after, upto, _STRIDE):
            for row in connection.execute(_GROWN.encode(), (start, min(start + _STRIDE, upto))).fetchall():
                if self._due(connection, row["scope"], upto):
                    yield row["scope"]

    def looked_up_to(self, connection: Connection[DictRow], position: int) -> None:
        positions.save(connection, self._consumer, self._db.schema, position)

    @contextmanager
    def turn(self, connection: Connection[DictRow]) -> Iterator[bool]:
        """Whether nobody else is at it."""
        key = f"{self._db.schema}.checkpoints"
        taken = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 2)) AS taken", (key,)).fetchone()
        yield bool(taken and taken["taken"])

    def _due(self, connection: Connection[DictRow], scope: UUID, upto: int) -> bool:
        last = self.before(connection, scope, upto)
        found = connection.execute(_FRESH.encode(), (last.position if last else 0, upto, scope)).fetchone()
        return bool(found and found["events"] >= self.every)
