"""The event log of one service: appended without a table lock, read without ever passing an event that may still commit.

Positions come from a sequence, so they can become visible out of order, and a reader that simply remembers the highest
one skips events. Instead of locking writers out, each append first announces, as a shared advisory lock that no one
waits for, the last position handed out so far: all its own will be higher. A reader takes the sequence's value, then the lowest
announcement, and reads no further than the smaller of both. See docs/decisions/lock-free-append.md.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from eventsourcing.persistence import AggregateRecorder, ApplicationRecorder, IntegrityError, Notification, StoredEvent, Subscription
from psycopg import Connection, Error, errors
from psycopg.rows import DictRow

from services.chassis import crash, tracing
from services.chassis.database import Database

_HANDED_OUT = "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END AS position FROM stored_events_notification_id_seq"
_ANNOUNCE = f"SELECT pg_advisory_xact_lock_shared(%s | position) FROM ({_HANDED_OUT}) AS handed_out"
_ANNOUNCED = """SELECT min((classid::bigint & 65535) << 32 | objid::bigint) AS position FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = %s
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
_APPEND = "INSERT INTO {table} (originator_id, originator_version, topic, state) VALUES {rows}"
_READ = """SELECT notification_id, originator_id, originator_version, topic, state FROM stored_events
    WHERE notification_id > %s AND notification_id <= %s {filter} ORDER BY notification_id LIMIT %s"""

_COLUMNS = "originator_id, originator_version, topic, state"
# One statement, so that snapshot and events are of one moment.
_HISTORY = f"""WITH latest AS MATERIALIZED (
        SELECT {_COLUMNS} FROM snapshots WHERE originator_id = %s ORDER BY originator_version DESC LIMIT 1)
    SELECT {_COLUMNS} FROM latest UNION ALL
    SELECT {_COLUMNS} FROM stored_events WHERE originator_id = %s
    AND originator_version > coalesce((SELECT originator_version FROM latest), 0) ORDER BY originator_version"""
_UNTIL = f"""SELECT {_COLUMNS} FROM stored_events WHERE originator_id = ANY(%s) AND notification_id <= %s
    ORDER BY originator_id, originator_version"""
_ALL_HISTORY = f"SELECT {_COLUMNS} FROM stored_events WHERE originator_id = %s ORDER BY originator_version"
# From so many on, one statement of arrays costs less than as many statements, or as many parameters.
_MANY = 20
_APPEND_MANY = f"INSERT INTO {{table}} ({_COLUMNS}) SELECT * FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[])"
_HISTORIES = f"SELECT {_COLUMNS} FROM stored_events WHERE originator_id = ANY(%b::uuid[]) ORDER BY originator_id, originator_version"


class Companion(Protocol):
    """Writes more in the append's transaction."""

    def before(self, connection: Connection[DictRow], events: Sequence[Any]) -> None:
        """Statements that may be prepared, and that only fail by a fault."""

    def after(self, connection: Connection[DictRow]) -> None:
        """Skipped when the append is refused. psycopg only notices that a statement was not prepared if it was to be at its first use."""

    def appended(self) -> None:
        """Called once it has committed."""


@dataclass(frozen=True, slots=True)
class Logged:
    position: int
    event: StoredEvent


class SnapshotRecorder(AggregateRecorder):
    table = "snapshots"

    def __init__(self, db: Database) -> None:
        self.db = db

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        with self.db.connection() as connection:
            connection.execute(*_insertion(self.table, stored_events, "ON CONFLICT DO NOTHING"))
        return None

    def select_events(
        self, originator_id: UUID | str, *, gt: int | None = None, lte: int | None = None, desc: bool = False, limit: int | None = None
    ) -> Sequence[StoredEvent]:
        sql = f"SELECT {_COLUMNS} FROM {self.table} WHERE originator_id = %s"
        params: list[Any] = [originator_id]
        for condition, value in ((" AND originator_version > %s", gt), (" AND originator_version <= %s", lte)):
            if value is not None:
                sql += condition
                params.append(value)
        sql += " ORDER BY originator_version" + (" DESC" if desc else "") + ("" if limit is None else f" LIMIT {int(limit)}")
        return [_stored(row) for row in self.db.all(sql, *params)]


class Recorder(SnapshotRecorder, ApplicationRecorder):
    table = "stored_events"

    def __init__(self, db: Database, companion: Companion) -> None:
        super().__init__(db)
        self._companion = companion
        # 15 bits tell the services of one database apart; two that share them only make readers wait for one another.
        self._tag = int.from_bytes(hashlib.sha256(db.schema.encode()).digest()[:2]) >> 1

    def insert_events(self, stored_events: Sequence[StoredEvent], *, projected: Sequence[Any] = (), **kwargs: Any) -> Sequence[int] | None:
        """One round trip: outside a transaction the pipeline itself is one. Raises IntegrityError if another writer was first."""
        if not stored_events:
            return []
        try:
            with tracing.span(f"append {self.db.schema}", events=len(stored_events)), self.db.connection() as connection:
                positions = self._append(connection, stored_events, projected)
        except (errors.UniqueViolation, errors.DeadlockDetected, errors.SerializationFailure) as error:
            raise IntegrityError(type(error).__name__) from error
        crash.point("store.appended")
        self.db.after_commit(self._companion.appended)
        return positions

    def _append(self, connection: Connection[DictRow], stored: Sequence[StoredEvent], projected: Sequence[Any]) -> list[int]:
        try:
            with connection.pipeline():
                # A cursor keeps the result of what it executed last; making one takes as long as sending a statement.
                cursor = connection.cursor()
                cursor.execute(_ANNOUNCE.encode(), (self._tag << 48,))
                # The views first: what follows a refused statement in a pipeline is skipped, and psycopg would believe it prepared.
                self._companion.before(connection, projected)
                cursor.execute(*_insertion(self.table, stored, "RETURNING notification_id"))
                self._companion.after(connection)
        except errors.UniqueViolation:
            raise
        except Error:
            connection.close()
            raise
        return [row["notification_id"] for row in cursor.fetchall()]

    def histories(self, streams: Sequence[tuple[UUID, bool]]) -> list[list[StoredEvent]]:
        """Of each stream its latest snapshot, if it has any (the flag), and the events after it; all in one round trip."""
        if len(streams) >= _MANY and not any(snapshots for _, snapshots in streams):
            return self._histories([id for id, _ in streams])
        with self.db.connection() as connection, connection.pipeline():
            found = [
                connection.execute(_HISTORY.encode(), (id, id)) if snapshots else connection.execute(_ALL_HISTORY.encode(), (id,))
                for id, snapshots in streams
            ]
        return [[_stored(row) for row in cursor.fetchall()] for cursor in found]

    def _histories(self, ids: Sequence[UUID]) -> list[list[StoredEvent]]:
        found: dict[UUID, list[StoredEvent]] = {id: [] for id in ids}
        for row in self.db.all(_HISTORIES, list(found)):
            found[row["originator_id"]].append(_stored(row))
        return [found[id] for id in ids]

    def histories_until(self, ids: Sequence[UUID], position: int) -> list[list[StoredEvent]]:
        """Of each stream its events up to a position of the log; no snapshot, which may know more."""
        found: dict[UUID, list[StoredEvent]] = {id: [] for id in ids}
        for row in self.db.all(_UNTIL, list(ids), position):
            found[row["originator_id"]].append(_stored(row))
        return [found[id] for id in ids]

    def handed_out(self, connection: Connection[DictRow]) -> int:
        """The last position anybody has, of an event that may be visible or not: nothing committed so far lies beyond it."""
        position: int = _only(connection.execute(_HANDED_OUT.encode()))
        return position

    def settled(self, connection: Connection[DictRow]) -> int:
        """The position up to which every event is either visible to the next statement or will never be."""
        with connection.pipeline():
            # The order matters: whoever announces itself after the first statement gets positions beyond its answer.
            asked = connection.execute(_HANDED_OUT.encode()), connection.execute(_ANNOUNCED.encode(), (self._tag,))
        handed_out: int
        announced: int | None
        handed_out, announced = (_only(cursor) for cursor in asked)
        return handed_out if announced is None else min(handed_out, announced)

    def read(self, after: int, limit: int, *, topics: Sequence[str] | None = None, upto: int | None = None) -> list[Logged]:
        """The next events in log order, of these topics only; never beyond what is settled."""
        with self.db.connection() as connection:
            bound = self.settled(connection) if upto is None else upto
            return self.read_between(connection, after, bound, limit, topics)

    @staticmethod
    def read_between(
        connection: Connection[DictRow], after: int, upto: int, limit: int, topics: Sequence[str] | None = None
    ) -> list[Logged]:
        if after >= upto:
            return []
        sql = _READ.format(filter="" if topics is None else "AND topic = ANY(%s)")
        params = (after, upto, limit) if topics is None else (after, upto, list(topics), limit)
        return [Logged(row["notification_id"], _stored(row)) for row in connection.execute(sql.encode(), params)]

    def max_notification_id(self) -> int | None:
        row = self.db.one("SELECT max(notification_id) AS position FROM stored_events")
        return row["position"] if row else None

    def select_notifications(
        self, start: int | None, limit: int, stop: int | None = None, topics: Sequence[str] = (), *, inclusive_of_start: bool = True
    ) -> Sequence[Notification]:
        after = (start or 0) - (1 if inclusive_of_start and start else 0)
        return [
            Notification(e.event.originator_id, e.event.originator_version, e.event.topic, e.event.state, e.position)
            for e in self.read(after, limit, topics=topics or None)
            if stop is None or e.position <= stop
        ]

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        raise NotImplementedError("the log is followed by services.chassis.follower")


def _insertion(table: str, events: Sequence[StoredEvent], more: str) -> tuple[bytes, list[Any]]:
    rows = [(e.originator_id, e.originator_version, e.topic, e.state) for e in events]
    if len(rows) >= _MANY:
        return f"{_APPEND_MANY.format(table=table)} {more}".encode(), [list(column) for column in zip(*rows, strict=True)]
    return _insertion_of_few(table, len(rows), more), [value for row in rows for value in row]


@cache
def _insertion_of_few(table: str, events: int, more: str) -> bytes:
    return f"{_APPEND.format(table=table, rows=', '.join(['(%b, %s, %s, %b)'] * events))} {more}".encode()


def _stored(row: DictRow) -> StoredEvent:
    return StoredEvent(row["originator_id"], row["originator_version"], row["topic"], bytes(row["state"]))


def _only(cursor: Any) -> Any:
    row = cursor.fetchone()
    return row["position"]
