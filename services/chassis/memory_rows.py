"""View rows held in memory: what a replay writes, whose tables nobody reads before it ends."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.chassis.keyring import Unopened
from services.chassis.views import Row, Table

Key = tuple[Any, ...]

# As PostgreSQL reads them, so that an id that came as text is the same as one that came as an id; and as JSON holds them.
_PLAIN: dict[type, Callable[[Any], Any]] = {UUID: str, datetime: datetime.isoformat, Unopened: Unopened.to_text}


class _Held:
    """The rows of one table, found by key, and by those columns that anybody has looked for them by."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.rows: dict[Key, Row] = {}
        self._indexes: dict[tuple[str, ...], dict[Key, dict[Key, None]]] = {}

    def key(self, row: Row) -> Key:
        return tuple([row[name] for name in self._table.key])

    def put(self, row: Row) -> None:
        key = self.key(row)
        if self._indexes:
            self.pop(key)
        self.rows[key] = row
        for columns, index in self._indexes.items():
            index.setdefault(tuple([row[name] for name in columns]), {})[key] = None

    def pop(self, key: Key) -> Row | None:
        row = self.rows.pop(key, None)
        if row is not None:
            for columns, index in self._indexes.items():
                del index[tuple([row[name] for name in columns])][key]
        return row

    def change(self, key: Key, values: Row) -> None:
        if (row := self.rows.get(key)) is None:
            return
        if self._indexes or not values.keys().isdisjoint(self._table.key):
            self.pop(key)
            self.put(row | values)
        else:
            row.update(values)

    def matching(self, where: Row) -> list[Key]:
        columns = tuple(where)
        if (index := self._indexes.get(columns)) is None:
            index = self._indexes[columns] = {}
            for key, row in self.rows.items():
                index.setdefault(tuple([row[name] for name in columns]), {})[key] = None
        return list(index.get(tuple(where.values()), ()))


class MemoryRows:
    """Same meaning as DirectRows."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tuple(tables)
        self._held = {table: _Held(table) for table in tables}

    def add(self, table: Table, **row: Any) -> None:
        self.put(table, **row)

    def put(self, table: Table, **row: Any) -> None:
        plain = _PLAIN.get
        self._held[table].put(
            {name: as_text(value) if (as_text := plain(type(value := row.get(name)))) else value for name in table.columns}
        )

    def change(self, table: Table, key: Row, **values: Any) -> None:
        held = self._held[table]
        held.change(held.key(_row(key)), _row(values))

    def remove(self, table: Table, **key: Any) -> None:
        held = self._held[table]
        held.pop(held.key(_row(key)))

    def change_where(self, table: Table, where: Row, **values: Any) -> None:
        held = self._held[table]
        for key in held.matching(_row(where)):
            held.change(key, _row(values))

    def remove_where(self, table: Table, **where: Any) -> None:
        held = self._held[table]
        for key in held.matching(_row(where)):
            held.pop(key)

    def flush(self) -> None:
        """Nothing waits to be written."""

    def of(self, table: Table) -> Collection[Row]:
        """Each with the table's columns in their order."""
        return self._held[table].rows.values()

    def rows(self, table: Table) -> list[list[Any]]:
        """Each as its values."""
        return [list(row.values()) for row in self.of(table)]

    def load(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        for values in rows:
            self._held[table].put(dict(zip(table.columns, values, strict=True)))


def _row(row: Mapping[str, Any]) -> Row:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    plain = _PLAIN.get(type(value))
    return plain(value) if plain else value
