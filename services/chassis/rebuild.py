"""Rebuilding a projection beside the live one: new tables in a schema of their own, filled from the logs, swapped in at once."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, errors, sql
from psycopg.rows import DictRow

from services.chassis import crash, positions
from services.chassis.application import Application
from services.chassis.bulk import BulkRows
from services.chassis.consumer import Source
from services.chassis.database import Database
from services.chassis.domain import Personal
from services.chassis.errors import Unavailable
from services.chassis.projections import Projection
from services.chassis.views import Table

log = logging.getLogger(__name__)

_PAGE = 5_000
_BUS_PAGE = 1_000
_LOCK_TRIES = 50
# A sequence's largest value: everything that is visible.
_EVERYTHING = 2**63 - 1

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Rebuilt:
    projection: str
    events: int


class Rebuild:
    """Raises what the projection raises, leaving the live tables as they were."""

    def __init__(
        self, app: Application, projection: type[Projection], source: Source | None, progress: Progress = lambda events: None
    ) -> None:
        self._app, self._db, self._recorder = app, app.database, app.log
        self._projection, self._source, self._progress = projection(), source, progress
        self._shadow = _shadow(self._db, projection)
        self._known: dict[str, int] = {}
        self._events = 0

    def run(self) -> Rebuilt:
        with alone(self._db, self._projection) as connection:
            self._prepare(connection)
            self._fill(connection, self._recorder.settled)
            crash.point("rebuild.filled")
            for _ in range(_LOCK_TRIES):
                try:
                    self._swap(connection)
                    break
                except (errors.LockNotAvailable, errors.DeadlockDetected):
                    self._fill(connection, self._recorder.settled)
            else:
                raise Unavailable(
                    "view_in_use", f"{self._shadow}: a transaction holds the live tables open (see pg_stat_activity); end it and try again"
                )
            crash.point("rebuild.swapped")
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(self._shadow)))
        return Rebuilt(f"{self._db.schema}.{self._projection.name}", self._events)

    def _prepare(self, connection: Connection[DictRow]) -> None:
        name = sql.Identifier(self._shadow)
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
        with self._in_shadow(connection):
            for table in self._projection.tables:
                table.create(connection)

    @contextmanager
    def _in_shadow(self, connection: Connection[DictRow]) -> Iterator[None]:
        """View tables resolve to the new ones, everything else to the service's own schema."""
        path = sql.SQL("SET search_path = {}, {}")
        connection.execute(path.format(sql.Identifier(self._shadow), sql.Identifier(self._db.schema)))
        yield
        connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(self._db.schema)))

    def _fill(self, connection: Connection[DictRow], bound: Callable[[Connection[DictRow]], int]) -> None:
        if self._projection.sources:
            for source in self._projection.sources:
                self._fill_from_bus(connection, source)
        else:
            self._fill_from_log(connection, bound(connection))

    def _fill_from_log(self, connection: Connection[DictRow], upto: int) -> None:
        position, topics = self._known.get("", 0), self._projection.topics()
        while page := self._recorder.read_between(connection, position, upto, _PAGE, topics):
            events = [self._app.mapper.to_domain_event(logged.event) for logged in page]
            self._app.ring.fetch({value.subject_id for event in events for value in vars(event).values() if isinstance(value, Personal)})
            self._write(connection, events)
            position = page[-1].position
        self._known[""] = max(position, upto if upto != _EVERYTHING else position)

    def _fill_from_bus(self, connection: Connection[DictRow], source: str) -> None:
        if self._source is None:
            raise ValueError(f"{self._projection.name} is fed by other services: say where their logs are")
        while page := self._source.events_after(source, self._known.get(source, 0), _BUS_PAGE):
            self._write(connection, page)
            self._known[source] = page[-1].position

    def _write(self, connection: Connection[DictRow], events: Sequence[Any]) -> None:
        with self._in_shadow(connection):
            rows = BulkRows(connection)
            self._projection.apply_all(events, rows, connection)
            rows.flush()
        self._events += len(events)
        self._progress(self._events)

    def _swap(self, connection: Connection[DictRow]) -> None:
        """One transaction: nobody writes the live tables, the last events are added, and the tables trade places.

        An append that waits for the locks finds the new tables when it goes on. One that had written its rows before has
        committed by the time the locks are ours, so its events are read here: none is missed and none counted twice.
        """
        with connection.transaction():
            connection.execute("SET LOCAL lock_timeout = '300ms'")
            known = positions.lock(connection, self._projection.name) if self._projection.sources else {}
            names = sql.SQL(", ").join(sql.Identifier(self._db.schema, table.name) for table in self._projection.tables)
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))
            self._fill(connection, lambda _: _EVERYTHING)
            for table in self._projection.tables:
                self._trade(connection, table)
            if behind := [source for source, position in known.items() if self._known.get(source, 0) < position]:
                raise RuntimeError(f"the logs of {behind} end before what their consumer has seen: were they restored from an old backup?")
            for source, position in self._known.items():
                if source:
                    positions.save(connection, self._projection.name, source, position)
            note_version(connection, type(self._projection))
            crash.point("rebuild.traded")

    def _trade(self, connection: Connection[DictRow], table: Table) -> None:
        live, shadow = sql.Identifier(self._db.schema), sql.Identifier(self._shadow)
        connection.execute(sql.SQL("DROP TABLE {}.{}").format(live, sql.Identifier(table.name)))
        for name in (*table.parts(connection, self._shadow), table.name):
            connection.execute(sql.SQL("ALTER TABLE {}.{} SET SCHEMA {}").format(shadow, sql.Identifier(name), live))


@contextmanager
def alone(db: Database, projection: Projection | type[Projection]) -> Iterator[Connection[DictRow]]:
    """Rebuilds of one projection, and what else must not happen beside one, take turns. The connection is theirs."""
    with db.connect() as connection:
        connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 2))", (_shadow(db, projection),))
        yield connection


def _shadow(db: Database, projection: Projection | type[Projection]) -> str:
    return f"{db.schema}_rebuild_{projection.name}"


def note_version(connection: Connection[DictRow], projection: type[Projection]) -> None:
    connection.execute(
        "INSERT INTO projection_versions VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET version = excluded.version",
        (projection.name, projection.version),
    )


def outdated(db: Database, projection: type[Projection]) -> bool:
    row = db.one("SELECT version FROM projection_versions WHERE name = %s", projection.name)
    return row is None or row["version"] != projection.version
