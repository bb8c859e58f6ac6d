"""Search in a journal that is partitioned by month: one month, then two, then four, until a page is full or its time is up.

So what is frequent costs a short stretch of one month, what is rare a few looks into all their indexes, and nothing a sort of everything
that was found. See docs/decisions/journal.md.
"""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from services.audit.words import words
from services.chassis.database import Database
from services.chassis.views import Row, Table, not_ours, opened, sealed

# Seconds after which a page ends with the months it has come to.
PATIENCE = 0.05

_CONDITIONS = {
    "workspace_id": "workspace_id = %s",
    "actor": "actor = %s",
    "type": "type = %s",
    "types": "type ^@ %s",
    "subject": "subject = %s",
    "correlation_id": "correlation_id = %s",
    "operator": "operator = %s",
    "q": "string_to_array(words, ' ') @> %s",
}
# Whom an entry may concern: each is a search of its own, since no index has all four.
_CONCERNED = ("actor", "on_behalf_of", "subject", "account_id")


Span = tuple[datetime, datetime]


class Search:
    """``filters``: those of ListEntries; what is None is left out."""

    def __init__(
        self,
        db: Database,
        journal: Table,
        filters: Row,
        *,
        newest_first: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db, self._journal, self._clock = db, journal, clock
        wanted = _wanted(filters)
        self._since, self._until = wanted.pop("since", None), wanted.pop("until", None)
        self._concerning = wanted.pop("account_id", None)
        self._where = "".join(f" AND {_CONDITIONS[name]}" for name in wanted)
        self._params = list(wanted.values())
        self._way, self._beyond, self._newest_first = ("DESC", "<", True) if newest_first else ("ASC", ">", False)

    def page(self, limit: int, cursor: str | None) -> Row:
        began, found, known = self._clock(), list[DictRow](), _known(cursor)
        for start, end in _spans(self._months(known)):
            found += self._between(start, end, known, limit + 1 - len(found))
            if len(found) > limit:
                last = found[limit - 1]
                return {"items": found[:limit], "next_cursor": _cursor(last["time"], last["source"], last["position"])}
            if self._clock() - began > PATIENCE:
                return {"items": found, "next_cursor": _cursor(start if self._newest_first else end, "", 0)}
        return {"items": found, "next_cursor": None}

    def _months(self, known: tuple[datetime, str, int] | None) -> Iterator[Span]:
        """Those with entries that may be wanted, in the order of the page."""
        with self._db.connection() as connection:
            months = self._journal.months(connection)
        for start, end in reversed(months) if self._newest_first else months:
            wanted = (self._since is None or end > self._since) and (self._until is None or start < self._until)
            if wanted and (known is None or (start < known[0] if self._newest_first else end > known[0])):
                yield start, end

    def _between(self, start: datetime, end: datetime, known: tuple[datetime, str, int] | None, limit: int) -> list[DictRow]:
        # Bounds, not only the place known: partitions are chosen by bounds.
        bounds = [max(start, self._since or start), min(end, self._until or end)]
        order = f"time {self._way}, source {self._way}, position {self._way}"
        beyond = f" AND (time, source, position) {self._beyond} (%s, %s, %s)" if known else ""
        params = [*bounds, *self._params, *(known or ())]
        one = f"SELECT * FROM {self._journal.name} WHERE time >= %s AND time < %s{self._where}{beyond}"
        if self._concerning is None:
            return self._run(f"{one} ORDER BY {order} LIMIT %s", [*params, limit])
        each = " UNION ALL ".join(f"({one} AND {column} = %s ORDER BY {order} LIMIT %s)" for column in _CONCERNED)
        return self._run(
            f"SELECT DISTINCT ON (time, source, position) * FROM ({each}) AS found ORDER BY {order} LIMIT %s",
            [*[*params, self._concerning, limit] * len(_CONCERNED), limit],
        )

    def _run(self, statement: str, params: list[Any]) -> list[DictRow]:
        with self._db.connection() as connection:
            # Planned for these very values: what is right for a rare actor is wrong for a frequent one.
            return connection.execute(statement.encode(), params, prepare=False).fetchall()


def _spans(months: Iterator[Span]) -> Iterator[Span]:
    """Twice as many months each time."""
    many = 1
    while some := list(islice(months, many)):
        yield min(start for start, _ in some), max(end for _, end in some)
        many *= 2


def _wanted(filters: Row) -> Row:
    # Actors and subjects are texts, because not every one is a UUID; PostgreSQL reads a text as a UUID where it wants one.
    wanted = {name: str(value) if isinstance(value, UUID) else value for name, value in filters.items() if value is not None}
    if wanted.get("type", "").endswith("*"):
        wanted["types"] = wanted.pop("type").removesuffix("*")
    if "q" in wanted:
        wanted["q"] = words(wanted["q"])
    return wanted


def _cursor(time: datetime, source: str, position: int) -> str:
    return sealed([time.isoformat(), source, str(position)])


def _known(cursor: str | None) -> tuple[datetime, str, int] | None:
    if cursor is None:
        return None
    time, source, position = opened(cursor, 3)
    try:
        known = datetime.fromisoformat(time), source, int(position)
    except ValueError:
        raise not_ours() from None
    if known[0].tzinfo is None or not -(2**63) <= known[2] < 2**63:
        raise not_ours()
    return known
