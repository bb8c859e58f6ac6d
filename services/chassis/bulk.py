"""Writing view rows by the thousand: gathered by key, merged, and sent as one statement a table and kind."""

import json
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from services.chassis.views import DirectRows, Row, Table

Key = tuple[Any, ...]


class _Pending:
    """What is to happen to each row of one table, at most one thing a row."""

    def __init__(self) -> None:
        self.adds: list[Row] = []
        self.puts: dict[Key, Row] = {}
        self.changes: dict[Key, Row] = {}
        self.removes: dict[Key, None] = {}


class BulkRows:
    """Same meaning as DirectRows, for batches; nothing is written before ``flush``."""

    def __init__(self, connection: Connection[DictRow]) -> None:
        self._connection = connection
        self._direct = DirectRows(connection)
        self._pending: dict[Table, _Pending] = {}

    def add(self, table: Table, **row: Any) -> None:
        self._of(table).adds.append(row)

    def put(self, table: Table, **row: Any) -> None:
        pending, key = self._of(table), tuple(row[name] for name in table.key)
        pending.changes.pop(key, None)
        pending.removes.pop(key, None)
        pending.puts[key] = row

    def change(self, table: Table, key: Row, **values: Any) -> None:
        pending, id = self._of(table), tuple(key[name] for name in table.key)
        if id in pending.puts:
            pending.puts[id] = pending.puts[id] | values
        elif id not in pending.removes:
            pending.changes[id] = pending.changes.get(id, {}) | values

    def remove(self, table: Table, **key: Any) -> None:
        pending, id = self._of(table), tuple(key[name] for name in table.key)
        pending.puts.pop(id, None)
        pending.changes.pop(id, None)
        pending.removes[id] = None

    def change_where(self, table: Table, where: Row, **values: Any) -> None:
        self.flush()
        self._direct.change_where(table, where, **values)

    def remove_where(self, table: Table, **where: Any) -> None:
        self.flush()
        self._direct.remove_where(table, **where)

    def flush(self) -> None:
        for table, pending in self._pending.items():
            self._remove(table, list(pending.removes))
            self._insert(table, pending.adds, "")
            self._put(table, list(pending.puts.values()))
            self._change(table, pending.changes)
        self._pending = {}

    def _of(self, table: Table) -> _Pending:
        return self._pending.setdefault(table, _Pending())

    def _put(self, table: Table, rows: list[Row]) -> None:
        sets = ", ".join(f"{name} = excluded.{name}" for name in table.others) or f"{table.key[0]} = excluded.{table.key[0]}"
        self._insert(table, rows, f"ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET {sets}")

    def _insert(self, table: Table, rows: list[Row], conflict: str) -> None:
        if not rows:
            return
        table.make_room(self._connection, rows)
        columns = [_column(table, name, [row.get(name) for row in rows]) for name in table.columns]
        insert = f"INSERT INTO {table.name} ({', '.join(table.columns)}) SELECT * FROM unnest({', '.join(how for how, _ in columns)})"
        self._connection.execute(f"{insert} {conflict}".encode(), [values for _, values in columns])

    def _change(self, table: Table, changes: dict[Key, Row]) -> None:
        alike: dict[tuple[str, ...], list[list[Any]]] = {}
        for key, values in changes.items():
            alike.setdefault(tuple(values), []).append([*key, *table.adapt(values)])
        for columns, rows in alike.items():
            names = [*table.key, *columns]
            sets = ", ".join(f"{name} = fresh.{name}" for name in columns)
            self._run(
                f"UPDATE {table.name} SET {sets} FROM {_unnest(table, names)} AS fresh ({', '.join(names)}) WHERE {_same(table)}", rows
            )

    def _remove(self, table: Table, keys: list[Key]) -> None:
        if keys:
            names = ", ".join(table.key)
            self._run(
                f"DELETE FROM {table.name} USING {_unnest(table, table.key)} AS fresh ({names}) WHERE {_same(table)}",
                [list(key) for key in keys],
            )

    def _run(self, statement: str, rows: list[list[Any]]) -> None:
        self._connection.execute(statement.encode(), [list(column) for column in zip(*rows, strict=True)])


# Between texts, and instead of none: neither is in any text that people write.
_BETWEEN, _NONE = "\x1f", "\x1e"
_SPLIT = "string_to_array(%s, E'\\x1f', E'\\x1e')"


def _column(table: Table, name: str, values: list[Any]) -> tuple[str, Any]:
    """How an array of these values is written in a statement, and its parameter."""
    type_ = table.type_of(name)
    if type_ == "jsonb":
        values = [None if value is None else json.dumps(value, separators=(",", ":")) for value in values]
    if (joined := _joined(values)) is not None:
        return f"{_SPLIT}::{type_}[]", joined
    return f"%b::{type_}[]", values


def _joined(values: list[Any]) -> str | None:
    """Texts as one, if they can be told apart in it: for an array, psycopg encodes each by itself, which took a third of a batch's time."""
    try:
        joined = _BETWEEN.join([_NONE if value is None else value for value in values])
    except TypeError:
        return None
    # An empty text would be split into nothing.
    told_apart = joined and joined.count(_BETWEEN) == len(values) - 1 and joined.count(_NONE) == values.count(None)
    return joined if told_apart else None


def _unnest(table: Table, names: Any) -> str:
    # Binary: in the text format psycopg escapes every element of every array in Python, which took a third of a batch's time.
    return f"unnest({', '.join(f'%b::{table.type_of(name)}[]' for name in names)})"


def _same(table: Table) -> str:
    return " AND ".join(f"{table.name}.{name} = fresh.{name}" for name in table.key)
