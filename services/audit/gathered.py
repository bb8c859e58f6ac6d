"""Refused attempts and readings that are still being counted: beside the log, until what they are counted in is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.chassis.database import Database
from services.chassis.views import Row, Table

# ``kind`` is that of a refusal, or READING; then ``code`` is the scope.
READING = "reading"
_KEY = ("since", "kind", "code", "route", "ip", "account_id", "credential_id", "workspace_id", "operator")

gathered = Table(
    "gathered",
    key=_KEY,
    columns={
        "since": "timestamptz NOT NULL",
        **dict.fromkeys(_KEY[1:], "text NOT NULL"),
        "count": "bigint NOT NULL",
        # Of the first of those alike: told apart by it, they could be as many as anybody likes.
        "user_agent": "text NOT NULL DEFAULT ''",
    },
    later=("user_agent",),
)

_ADD = f"""INSERT INTO gathered AS known ({", ".join(_KEY)}, count, user_agent)
    VALUES ({", ".join(f"%({name})s" for name in _KEY)}, %(count)s, %(user_agent)s)
    ON CONFLICT ({", ".join(_KEY)}) DO UPDATE SET count = known.count + excluded.count"""

_TAKE = """DELETE FROM gathered WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM gathered WHERE since <= %s ORDER BY since LIMIT %s FOR UPDATE SKIP LOCKED)) RETURNING *"""


class Gathered:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, since: datetime, acts: Sequence[dict[str, Any]]) -> None:
        rows = [act | {"since": since} for act in acts]
        # In one order, so that two gateways that tell at once do not wait for each other in a circle.
        rows.sort(key=lambda row: [row[name] for name in _KEY])
        with self._db.transaction() as connection, connection.cursor() as cursor:
            cursor.executemany(_ADD.encode(), rows)

    def take(self, until: datetime, limit: int) -> list[Row]:
        """Removes those that began until then, for whoever puts them on record in the same transaction; another gets others."""
        return self._db.all(_TAKE, until, limit)
