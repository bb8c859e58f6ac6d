"""Search in a journal that is partitioned by month: one month, then two, then four, until a page is full or its time is up.

So what is frequent costs a short stretch of one month, what is rare a few looks into all their indexes, and nothing a sort of everything
that was found. Words have no index that knows the time as well, so the first month of these is searched by days: one, then two, then four.
See docs/decisions/journal.md.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
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
# Of the last entry of a page: its time, source and position.
Place = tuple[datetime, str, int]

_MOMENT = timedelta(microseconds=1)
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC) - _MOMENT


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
        self._wordy = "q" in wanted
        self._where = "".join(f" AND {_CONDITIONS[name]}" for name in wanted)
        self._params = list(wanted.values())
        self._way, self._beyond, self._newest_first = ("DESC", "<", True) if newest_first else ("ASC", ">", False)

    def page(self, limit: int, cursor: str | None) -> Row:
        began, found, known = self._clock(), list[DictRow](), _known(cursor)
        for number, (start, end) in enumerate(self._spans(known)):
            found += self._between(start, end, known, limit + 1 - len(found), gathered=self._wordy and number > 0)
            if len(found) > limit:
                last = found[limit - 1]
                return {"items": found[:limit], "next_cursor": _cursor(last["time"], last["source"], last["position"])}
            if self._clock() - began > PATIENCE:
                return {"items": found, "next_cursor": _cursor(start if self._newest_first else end, "", 0)}
        return {"items": found, "next_cursor": None}

    def _spans(self, known: Place | None) -> Iterator[Span]:
        """In the order of the page, each about twice as long as the one before."""
        months = self._months(known)
        if self._wordy and (first := next(months, None)):
            yield from _days(*first, newest_first=self._newest_first)
        many = 1
        while some := list(islice(months, many)):
            yield min(start for start, _ in some), max(end for _, end in some)
            many *= 2

    def _months(self, known: Place | None) -> Iterator[Span]:
        """Those with entries that may be wanted, without their days before or after these."""
        since, until = self._since or _EARLIEST, self._until or _LATEST
        if known and self._newest_first:
            # A place without a source is the beginning of its moment.
            until = min(until, min(known[0], _LATEST) + (_MOMENT if known[1] else timedelta()))
        elif known:
            since = max(since, known[0])
        with self._db.connection() as connection:
            months = self._journal.months(connection)
        for start, end in reversed(months) if self._newest_first else months:
            if max(start, since) < min(end, until):
                yield max(start, since), min(end, until)

    def _between(self, start: datetime, end: datetime, known: Place | None, limit: int, *, gathered: bool) -> list[DictRow]:
        order = f"ORDER BY time {self._way}, source {self._way}, position {self._way} LIMIT %s"
        # Bounds, not only the place known: partitions are chosen by bounds.
        beyond = f" AND (time, source, position) {self._beyond} (%s, %s, %s)" if known else ""
        params = [start, end, *self._params, *(known or ())]
        one = f"SELECT * FROM {self._journal.name} WHERE time >= %s AND time < %s{self._where}{beyond}"
        if self._concerning is None:
            return self._run(_ordered(one, order, gathered), [*params, limit])
        each = " UNION ALL ".join(f"({_ordered(f'{one} AND {column} = %s', order, gathered)})" for column in _CONCERNED)
        return self._run(
            f"SELECT DISTINCT ON (time, source, position) * FROM ({each}) AS found {order}",
            [*[*params, self._concerning, limit] * len(_CONCERNED), limit],
        )

    def _run(self, statement: str, params: list[Any]) -> list[DictRow]:
        with self._db.connection() as connection:
            # Planned for these very values: what is right for a rare actor is wrong for a frequent one.
            return connection.execute(statement.encode(), params, prepare=False).fetchall()


def _ordered(one: str, order: str, gathered: bool) -> str:
    """``gathered``: find all, then sort. For what was rare in the span before: PostgreSQL takes each word that is not among the most
    frequent for a thousand times as frequent as most are, and would walk through months in the order of the page."""
    return f"WITH found AS MATERIALIZED ({one}) SELECT * FROM found {order}" if gathered else f"{one} {order}"


def _days(start: datetime, end: datetime, *, newest_first: bool) -> Iterator[Span]:
    many = timedelta(days=1)
    while start < end:
        if newest_first:
            yield (middle := max(end - many, start)), end
            end = middle
        else:
            yield start, (middle := min(start + many, end))
            start = middle
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


def _known(cursor: str | None) -> Place | None:
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
