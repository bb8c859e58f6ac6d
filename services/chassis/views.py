"""Tables of a service's views, what projections write through, and what queries read with."""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Any, Protocol

from psycopg import Connection, DataError
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from services.chassis.database import Database
from services.chassis.errors import InvalidInput

Row = dict[str, Any]

_PARTS = """SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = to_regclass(%s) ORDER BY relname"""


class Table:
    """A view's table: column definitions in SQL, the columns of its primary key, and further indexes, as column lists or from USING on.

    ``monthly`` names a column of the key, a moment: rows of each month, by UTC, lie in a partition of their own, made with the first row.
    ``compared``: personal columns by which queries sort or choose, and which history therefore opens before; others when they are read.
    ``later``: columns that a table which no rebuild replaces did not have at first; each has a default.
    """

    def __init__(
        self,
        name: str,
        *,
        key: Sequence[str],
        columns: Mapping[str, str],
        indexes: Sequence[str] = (),
        monthly: str = "",
        compared: Sequence[str] = (),
        later: Sequence[str] = (),
    ) -> None:
        self.name, self.key, self.columns, self.indexes = name, tuple(key), dict(columns), tuple(indexes)
        self.monthly, self.compared, self.later = monthly, frozenset(compared), tuple(later)

    def create(self, connection: Connection[DictRow]) -> None:
        """In the connection's own schema. One that is there gets its ``later`` columns; of an older version, a rebuild replaces it."""
        if connection.execute("SELECT to_regclass(current_schema() || '.' || %s) AS found", (self.name,)).fetchone() != {"found": None}:
            for name in self.later:
                connection.execute(f"ALTER TABLE {self.name} ADD COLUMN IF NOT EXISTS {name} {self.columns[name]}".encode())
            return
        body = [f"{name} {definition}" for name, definition in self.columns.items()] + [f"PRIMARY KEY ({', '.join(self.key)})"]
        parts = f" PARTITION BY RANGE ({self.monthly})" if self.monthly else ""
        connection.execute(f"CREATE TABLE {self.name} ({', '.join(body)}){parts}".encode())
        self.index(connection)

    def index(self, connection: Connection[DictRow]) -> None:
        for number, index in enumerate(self.indexes):
            how = index if index.startswith("USING ") else f"({index})"
            connection.execute(f"CREATE INDEX IF NOT EXISTS {self.name}_{number} ON {self.name} {how}".encode())

    def make_room(self, connection: Connection[DictRow], rows: Iterable[Mapping[str, Any]]) -> None:
        """For these rows; to be called before they are put."""
        for start, end in _months([row[self.monthly] for row in rows]) if self.monthly else ():
            part, bounds = self._part(start), f"FROM ('{start:%Y-%m-%d}+00') TO ('{end:%Y-%m-%d}+00')"
            connection.execute(f"CREATE TABLE IF NOT EXISTS {part} PARTITION OF {self.name} FOR VALUES {bounds}".encode())

    def parts(self, connection: Connection[DictRow], schema: str = "") -> list[str]:
        """Names of the partitions there are, of the earliest month first; none of a table that has none."""
        whole = f"{schema}.{self.name}" if schema else self.name
        found = connection.execute(_PARTS, (whole,)).fetchall()
        return [row["name"] for row in found]

    def months(self, connection: Connection[DictRow]) -> list[tuple[datetime, datetime]]:
        """When each month that has rows, or had some, begins and ends; the earliest first."""
        return [month(datetime.strptime(name[-7:], "%Y_%m").replace(tzinfo=UTC)) for name in self.parts(connection)]

    def drop_month(self, connection: Connection[DictRow], start: datetime) -> None:
        """All its rows at once."""
        connection.execute(f"DROP TABLE {self._part(start)}".encode())

    def _part(self, start: datetime) -> str:
        return f"{self.name}_{start:%Y_%m}"

    def type_of(self, column: str) -> str:
        return self.columns[column].split()[0]

    def adapt(self, row: Mapping[str, Any]) -> list[Any]:
        return [Jsonb(value) if column in self._json and value is not None else value for column, value in row.items()]

    @cached_property
    def _json(self) -> frozenset[str]:
        return frozenset(name for name in self.columns if self.type_of(name) == "jsonb")

    @cached_property
    def others(self) -> tuple[str, ...]:
        return tuple(name for name in self.columns if name not in self.key)


class Rows(Protocol):
    """What a projection may do to its tables. Writing only: a row that depends on what was read could differ on replay."""

    def add(self, table: Table, **row: Any) -> None:
        """Insert a row that has a key of its own; every column is given. Cheaper than ``put``."""

    def put(self, table: Table, **row: Any) -> None:
        """Insert, or replace the row with this key; every column is given."""

    def change(self, table: Table, key: Row, **values: Any) -> None: ...

    def remove(self, table: Table, **key: Any) -> None: ...

    def change_where(self, table: Table, where: Row, **values: Any) -> None:
        """Every row in which all of ``where`` is equal."""

    def remove_where(self, table: Table, **where: Any) -> None: ...

    def flush(self) -> None:
        """For whoever drives the projection: nothing is left to write afterwards."""


class DirectRows:
    """Each write is one statement at once: for the few rows that most appends make."""

    def __init__(self, connection: Connection[DictRow]) -> None:
        self._cursor = connection.cursor()

    def add(self, table: Table, **row: Any) -> None:
        self.put(table, **row)

    def put(self, table: Table, **row: Any) -> None:
        table.make_room(self._cursor.connection, [row])
        self._cursor.execute(_put(table, tuple(row)), table.adapt(row))

    def change(self, table: Table, key: Row, **values: Any) -> None:
        self.change_where(table, key, **values)

    def remove(self, table: Table, **key: Any) -> None:
        self.remove_where(table, **key)

    def change_where(self, table: Table, where: Row, **values: Any) -> None:
        sets = ", ".join(f"{name} = %s" for name in values)
        self._run(f"UPDATE {table.name} SET {sets} WHERE {_equal(where)}", [*table.adapt(values), *where.values()])

    def remove_where(self, table: Table, **where: Any) -> None:
        self._run(f"DELETE FROM {table.name} WHERE {_equal(where)}", list(where.values()))

    def flush(self) -> None:
        """Nothing is left to write."""

    def _run(self, statement: str, params: list[Any]) -> None:
        self._cursor.execute(statement.encode(), params)


@cache
def _put(table: Table, columns: tuple[str, ...]) -> bytes:
    sets = ", ".join(f"{name} = excluded.{name}" for name in table.others) or f"{table.key[0]} = excluded.{table.key[0]}"
    values = ", ".join(["%s"] * len(columns))
    insert = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({values})"
    return f"{insert} ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET {sets}".encode()


class Views:
    """Base of a service's queries."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def all(self, statement: str, *params: Any) -> list[Row]:
        return self.db.all(statement, *params)

    def one(self, statement: str, *params: Any) -> Row | None:
        return self.db.one(statement, *params)

    def page(
        self,
        statement: str,
        *params: Any,
        limit: int,
        cursor: str | None,
        order: Sequence[str] = ("created_at", "id"),
        descending: bool = False,
    ) -> Row:
        """Keyset paging: ``statement`` selects the ``order`` columns, unique together. Raises InvalidInput for a cursor not from here."""
        columns, way = ", ".join(order), "DESC" if descending else "ASC"
        after = "" if cursor is None else f"WHERE ({columns}) {'<' if descending else '>'} ({', '.join(['%s'] * len(order))})"
        query = f"SELECT * FROM ({statement}) AS page {after} ORDER BY {', '.join(f'{c} {way}' for c in order)} LIMIT %s"
        try:
            rows = self.all(query, *params, *opened(cursor, len(order)), limit + 1)
        except DataError:
            if cursor is None:
                raise
            raise not_ours() from None
        more = len(rows) > limit
        return {"items": rows[:limit], "next_cursor": sealed([str(rows[limit - 1][name]) for name in order]) if more else None}


def month(moment: datetime) -> tuple[datetime, datetime]:
    """When the month of this moment begins and ends, by UTC."""
    moment = moment.astimezone(UTC)
    start = datetime(moment.year, moment.month, 1, tzinfo=UTC)
    return start, datetime(moment.year + moment.month // 12, moment.month % 12 + 1, 1, tzinfo=UTC)


def _months(moments: Sequence[datetime]) -> set[tuple[datetime, datetime]]:
    ends = {month(min(moments)), month(max(moments))}
    return ends if len(ends) == 1 else {month(moment) for moment in moments}


def sealed(values: Sequence[str]) -> str:
    """A cursor: nothing secret, only nothing for others to read."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def opened(cursor: str | None, length: int) -> list[str]:
    """The values of a cursor of so many; of none, none. Raises InvalidInput for one not from here."""
    if cursor is None:
        return []
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except ValueError:
        values = None
    if not isinstance(values, list) or len(values) != length or not all(isinstance(v, str) and "\0" not in v for v in values):
        raise not_ours()
    return values


def not_ours() -> InvalidInput:
    return InvalidInput("cursor_invalid", "use next_cursor of the page before, unchanged")


def _equal(where: Row) -> str:
    return " AND ".join(f"{name} = %s" for name in where)
