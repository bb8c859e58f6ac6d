"""The journal and how it is searched."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.chassis.errors import NotFound
from services.chassis.views import Row, Table, Views, sealed

# Ordered by what the events themselves say, not by a number given on arrival: a rebuild must come out the same, row for row.
ORDER = ("time", "source", "position")

journal = Table(
    "journal",
    key=("source", "position"),
    columns={
        "source": "text NOT NULL",
        "position": "bigint NOT NULL",
        "id": "text NOT NULL",
        "time": "timestamptz NOT NULL",
        "type": "text NOT NULL",
        "version": "int NOT NULL",
        "subject": "text NOT NULL",
        "workspace_id": "uuid",
        "account_id": "text",
        "actor": "text",
        "on_behalf_of": "text",
        "credential_id": "text",
        "ip": "text",
        "user_agent": "text",
        "correlation_id": "text",
        "causation_id": "text",
        "changes": "jsonb NOT NULL",
        # Its place in the tree of its source, the entry of its workspace before it there, and what both are made of.
        "leaf": "bigint NOT NULL",
        "previous": "bytea NOT NULL",
        "hash": "bytea NOT NULL",
    },
    indexes=(
        "workspace_id, source, position",
        "workspace_id, time, source, position",
        "actor",
        "on_behalf_of",
        "account_id",
        "subject",
        "time, source, position",
    ),
)

_CONDITIONS = {
    "workspace_id": "workspace_id = %s",
    "account_id": "%s IN (actor, on_behalf_of, subject, account_id)",
    "actor": "actor = %s",
    "type": "type = %s",
    "subject": "subject = %s",
    "since": "time >= %s",
    "until": "time < %s",
}


class AuditViews(Views):
    def entries(self, filters: dict[str, Any], limit: int, cursor: str | None) -> Row:
        """In the order in which things happened."""
        wanted = {name: value for name, value in filters.items() if value is not None}
        where = " AND ".join(_CONDITIONS[name] for name in wanted) or "true"
        # The names come from the table above, never from a caller.
        statement = f"SELECT * FROM journal WHERE {where}"
        return self.page(statement, *map(_plain, wanted.values()), limit=limit, cursor=cursor, order=ORDER)

    def after(self, source: str, position: int, limit: int) -> list[Row]:
        """In the order of the logs, one source after the other."""
        return self.all(
            "SELECT * FROM journal WHERE (source, position) > (%s, %s) ORDER BY source, position LIMIT %s", source, position, limit
        )

    def entry(self, id: str, workspace_id: UUID | None = None) -> Row:
        """Of this workspace, if one is named; elsewhere there is none."""
        source, _, position = id.partition(":")
        row = self.one("SELECT * FROM journal WHERE source = %s AND position = %s", source, int(position))
        if row is None or workspace_id not in (None, row["workspace_id"]):
            raise NotFound("entry_not_found", "there is no entry with this id")
        return row

    def cursor_after(self, row: Row) -> str:
        """With which ``entries`` goes on."""
        return sealed([str(row[name]) for name in ORDER])

    def of_source(self, source: str, position: int, limit: int) -> list[Row]:
        """Beyond this position, in the order of the source's log."""
        return self.all("SELECT * FROM journal WHERE source = %s AND position > %s ORDER BY position LIMIT %s", source, position, limit)

    def heads(self, limit: int, cursor: str | None) -> Row:
        """Signed records, the first first."""
        page = self.page("SELECT number, record FROM journal_heads", limit=limit, cursor=cursor, order=("number",))
        return page | {"items": [row["record"] for row in page["items"]]}

    def heads_after(self, number: int, limit: int) -> list[Row]:
        rows = self.all("SELECT record FROM journal_heads WHERE number > %s ORDER BY number LIMIT %s", number, limit)
        return [row["record"] for row in rows]

    def last_head(self) -> Row:
        """Its trees, by source."""
        row = self.one("SELECT record FROM journal_heads WHERE kind = 'head' ORDER BY number DESC LIMIT 1")
        return dict(row["record"]["trees"]) if row else {}

    def signing_keys(self) -> list[Row]:
        rows = self.all("SELECT record FROM journal_heads WHERE kind = 'key' ORDER BY number")
        return [{"public_key": row["record"]["public_key"], "since": row["record"]["time"]} for row in rows]


def _plain(value: UUID | str | datetime) -> str | datetime:
    # Actors and subjects are texts, because not every one is a UUID; PostgreSQL reads a text as a UUID where it wants one.
    return str(value) if isinstance(value, UUID) else value
