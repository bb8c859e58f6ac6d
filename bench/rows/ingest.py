"""What the journal does for an entry, against inserting the same finished row: into the same table, and into one without indexes."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from bench.measure import SEED, Result, compare
from bench.servers import Servers
from services.audit.application import Audit
from services.audit.projections import Journal
from services.audit.service import SPEC
from services.audit.views import journal
from services.chassis import schema
from services.chassis.consumer import BATCH
from services.chassis.public import PublicEvent
from services.chassis.settings import Settings
from services.chassis.sinks import ProjectionSink
from services.chassis.views import Table

ENTRIES = 20_000
WORKSPACES = 1_000
SOURCE = "workspaces"
ALIKE = Table("alike", key=journal.key, columns=journal.columns, indexes=journal.indexes, monthly=journal.monthly), "into such a table", 0.5
BARE = Table("bare", key=journal.key, columns=journal.columns), "into a table that cannot be searched", None


def run(servers: Servers, quick: bool) -> list[Result]:
    app = Audit.connect(Settings(database_url=servers.database(), amqp_url="none", secret_key="k" * 32))
    try:
        schema.create(app.database, SPEC.tables)
        entries, rounds = (ENTRIES // 4, 1) if quick else (ENTRIES, 5)
        return [_compared(Both(app, table, entries), how, goal, rounds) for table, how, goal in (ALIKE, BARE)]
    finally:
        app.close()


def _compared(both: "Both", how: str, goal: float | None, rounds: int) -> Result:
    what = f"entries put into audit's journal; against a bare INSERT of the same rows {how}, in batches of the same size"
    return compare("ingest", what, goal, both.ours, both.bare, rounds, "entries/s")


class Both:
    """Every round new entries, which the bare side reads from the journal before its clock runs."""

    def __init__(self, app: Audit, table: Table, entries: int) -> None:
        self._db, self._table, self._entries = app.database, table, entries
        self._sink = ProjectionSink(Journal(), app.database)
        self._random, self._position = Random(SEED), self._sink.positions().get(SOURCE, 0)
        self._workspaces = [self._id() for _ in range(WORKSPACES)]
        with self._db.connect() as connection:
            table.create(connection)
            table.make_room(connection, [{"time": datetime.now(UTC)}])

    def ours(self) -> float:
        events = [self._event() for _ in range(self._entries)]
        began = time.perf_counter()
        for start in range(0, len(events), BATCH):
            self._sink.apply(events[start : start + BATCH])
        return self._entries / (time.perf_counter() - began)

    def bare(self) -> float:
        insert = f"INSERT INTO {self._table.name} VALUES ({', '.join(['%s'] * len(journal.columns))})"
        batches = list(self._rows())
        with psycopg.connect(self._db.conninfo) as connection, connection.cursor() as cursor:
            began = time.perf_counter()
            for rows in batches:
                cursor.executemany(insert.encode(), rows)
                connection.commit()
            return self._entries / (time.perf_counter() - began)

    def _rows(self) -> Iterator[list[tuple[Any, ...]]]:
        first = self._position - self._entries
        for start in range(first, self._position, BATCH):
            page = self._db.all("SELECT * FROM journal WHERE position > %s ORDER BY position LIMIT %s", start, BATCH)
            yield [tuple((row | {"changes": Jsonb(row["changes"])})[name] for name in journal.columns) for row in page]

    def _event(self) -> PublicEvent:
        self._position += 1
        workspace_id, account_id = self._random.choice(self._workspaces), self._id()
        return PublicEvent(
            id=f"{SOURCE}:{self._position}",
            source=SOURCE,
            type="workspaces.member.joined",
            version=1,
            subject=workspace_id,
            time=datetime.now(UTC),
            position=self._position,
            previous=self._position - 1,
            workspace_id=workspace_id,
            actor_id=account_id,
            credential_id=self._id(),
            ip="192.0.2.7",
            user_agent="bench/1",
            correlation_id=self._id(),
            data={"account_id": account_id, "role": "viewer", "invitation_id": None},
        )

    def _id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128)))
