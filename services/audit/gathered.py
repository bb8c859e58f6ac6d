"""Refused attempts that are still being counted: beside the log, until what they are counted in is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.chassis.database import Database
from services.chassis.views import Row, Table

_KEY = ("since", "kind", "code", "route", "ip", "account_id", "credential_id", "workspace_id")

gathered = Table(
    "gathered_refusals",
    key=_KEY,
    columns={"since": "timestamptz NOT NULL"} | dict.fromkeys(_KEY[1:], "text NOT NULL") | {"count": "bigint NOT NULL"},
)

_ADD = """INSERT INTO gathered_refusals AS known (since, kind, code, route, ip, account_id, credential_id, workspace_id, count)
    VALUES (%(since)s, %(kind)s, %(code)s, %(route)s, %(ip)s, %(account_id)s, %(credential_id)s, %(workspace_id)s, %(count)s)
    ON CONFLICT (since, kind, code, route, ip, account_id, credential_id, workspace_id)
    DO UPDATE SET count = known.count + excluded.count"""

_TAKE = """DELETE FROM gathered_refusals WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM gathered_refusals WHERE since <= %s ORDER BY since LIMIT %s FOR UPDATE SKIP LOCKED)) RETURNING *"""


class Gathered:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, since: datetime, refusals: Sequence[dict[str, Any]]) -> None:
        rows = [refusal | {"since": since} for refusal in refusals]
        # In one order, so that two gateways that tell at once do not wait for each other in a circle.
        rows.sort(key=lambda row: [row[name] for name in _KEY])
        with self._db.transaction() as connection, connection.cursor() as cursor:
            cursor.executemany(_ADD.encode(), rows)

    def take(self, until: datetime, limit: int) -> list[Row]:
        """Removes those that began until then, for whoever puts them on record in the same transaction; another gets others."""
        return self._db.all(_TAKE, until, limit)
