"""Which entries were put into archives and left the database."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

Seal = tuple[datetime, int]


class Seals:
    """An entry is covered by a seal of its source if it is of a time before that of the seal, and was known when it was made: what came
    late lies in no archive yet."""

    def __init__(self, seals: Iterable[tuple[str, datetime, int]]) -> None:
        self._of: dict[str, list[Seal]] = {}
        for source, until, position in seals:
            self._of.setdefault(source, []).append((until, position))
        self._last = {source: max(position for _, position in those) for source, those in self._of.items()}

    @classmethod
    def read(cls, connection: Connection[DictRow]) -> "Seals":
        rows = connection.execute("SELECT source, until, position FROM journal_seals").fetchall()
        return cls((row["source"], row["until"], row["position"]) for row in rows)

    def cover(self, entry: Mapping[str, Any]) -> bool:
        source, position = entry["source"], entry["position"]
        # Nearly every entry is a new one.
        if position > self._last.get(source, 0):
            return False
        return any(entry["time"] < until and position <= last for until, last in self._of[source])
