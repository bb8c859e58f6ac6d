"""Attempts counted in fixed windows of time, shared by every process of a service."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Protocol

from services.chassis import context
from services.chassis.database import Database
from services.chassis.errors import LimitExceeded


class Counts(Protocol):
    def add(self, key: str, window_start: datetime, hits: int) -> int:
        """Returns the new number of hits."""

    def hits(self, key: str, window_start: datetime) -> int: ...

    def clear(self, key: str) -> None: ...


class MemoryCounts:
    def __init__(self) -> None:
        self._hits: Counter[tuple[str, datetime]] = Counter()

    def add(self, key: str, window_start: datetime, hits: int) -> int:
        self._hits[key, window_start] += hits
        return self._hits[key, window_start]

    def hits(self, key: str, window_start: datetime) -> int:
        return self._hits[key, window_start]

    def clear(self, key: str) -> None:
        for found in [entry for entry in self._hits if entry[0] == key]:
            del self._hits[found]


class PostgresCounts:
    """Joins the transaction of a call with an idempotency key: a second connection would starve the pool, and refusals commit there too."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, key: str, window_start: datetime, hits: int) -> int:
        upsert = """INSERT INTO attempts AS known VALUES (%s, %s, greatest(%s, 0))
            ON CONFLICT (key, starts_at) DO UPDATE SET hits = greatest(known.hits + %s, 0) RETURNING hits"""
        row = self._db.one(upsert, key, window_start, hits, hits)
        return int(row["hits"]) if row else 0

    def hits(self, key: str, window_start: datetime) -> int:
        row = self._db.one("SELECT hits FROM attempts WHERE key = %s AND starts_at = %s", key, window_start)
        return int(row["hits"]) if row else 0

    def clear(self, key: str) -> None:
        self._db.run("DELETE FROM attempts WHERE key = %s", key)


class Throttle:
    """``window`` is a day at most: older counts are swept away."""

    def __init__(self, db: Database | None, name: str, window: timedelta) -> None:
        self._counts: Counts = MemoryCounts() if db is None else PostgresCounts(db)
        self._name, self._window = name, window

    def take(self, key: str, limit: int, now: datetime) -> None:
        """Counts an attempt before its work is done, so that attempts in parallel cannot slip past the limit together."""
        if self._counts.add(self._full(key), self._start(now), 1) > limit:
            raise self._exceeded(now)

    def check(self, key: str, limit: int, now: datetime) -> None:
        """Counts nothing: for what is taken only when it has failed, because nobody could guess it by trying many at once."""
        if self._counts.hits(self._full(key), self._start(now)) >= limit:
            raise self._exceeded(now)

    def give_back(self, key: str, now: datetime) -> None:
        """The attempt succeeded and is not to count."""
        self._counts.add(self._full(key), self._start(now), -1)

    def clear(self, key: str) -> None:
        self._counts.clear(self._full(key))

    def _exceeded(self, now: datetime) -> LimitExceeded:
        wait = math.ceil((self._start(now) + self._window - now).total_seconds())
        return LimitExceeded("too_many_attempts", "Wait before you try again.", {"retry_after": max(wait, 1)})

    def _full(self, key: str) -> str:
        return f"{self._name}:{key}"

    def _start(self, now: datetime) -> datetime:
        seconds = self._window.total_seconds()
        return datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)


def client() -> str:
    """Where this call comes from, as far as it counts: whoever has one IPv6 address has the 2**64 beside it, too."""
    ip = context.current().ip
    try:
        address = ip_address(ip)
    except ValueError:
        return "unknown"
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else ip
