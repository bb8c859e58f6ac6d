from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.views import Row, Table, Views

invoices = Table(
    "invoices",
    key=("sequence",),
    columns={
        "sequence": "bigint NOT NULL",
        "number": "text NOT NULL",
        "workspace_id": "uuid NOT NULL",
        "kind": "text NOT NULL",
        "corrects": "text NOT NULL",
        "currency": "text NOT NULL",
        "total": "bigint NOT NULL",
        "owed": "bigint NOT NULL",
        "issued_at": "timestamptz NOT NULL",
        "due_at": "timestamptz NOT NULL",
        "paid_at": "timestamptz",
        # Tries after the first failure; NULL: none has failed.
        "tries": "int",
    },
    indexes=("workspace_id, sequence", "number"),
)

contacts = Table(
    "contacts",
    key=("workspace_id",),
    # Who that is lies in the log alone; here is only which of its versions is today's.
    columns={"workspace_id": "uuid NOT NULL", "version": "int NOT NULL"},
)

_STATUS = """CASE WHEN kind = 'credit_note' THEN 'issued' WHEN paid_at IS NOT NULL THEN 'paid' WHEN owed = 0 AND total > 0 THEN 'credited'
    WHEN owed = 0 THEN 'paid' WHEN tries IS NULL THEN 'open' ELSE 'past_due' END"""
_OPEN = "SELECT * FROM invoices WHERE kind = 'invoice' AND paid_at IS NULL AND owed > 0"


_EVENTS = """SELECT originator_id, originator_version, notification_id FROM stored_events
    JOIN unnest(%s::uuid[], %s::bigint[]) AS wanted (id, version) ON originator_id = id AND originator_version = version"""


class InvoiceViews(Views):
    def event_ids(self, sources: Collection[str]) -> dict[str, str]:
        """Of events named by their places in their streams, the ids under which they left this service."""
        places = [source.split(":") for source in sources if not source.startswith("/")]
        rows = self.all(_EVENTS, [id for id, _ in places], [int(version) for _, version in places])
        return {f"{row['originator_id']}:{row['originator_version']}": f"billing:{row['notification_id']}" for row in rows}

    def contacts(self, workspace_ids: Sequence[UUID]) -> dict[UUID, int]:
        rows = self.all("SELECT workspace_id, version FROM contacts WHERE workspace_id = ANY(%s)", workspace_ids)
        return {row["workspace_id"]: row["version"] for row in rows}

    def last_sequence(self) -> int:
        row = self.one("SELECT max(sequence) AS sequence FROM invoices")
        return int(row["sequence"] or 0) if row else 0

    def sequence_of(self, number: str) -> int | None:
        row = self.one("SELECT sequence FROM invoices WHERE number = %s", number)
        return int(row["sequence"]) if row else None

    def of_workspace(self, workspace_id: UUID, limit: int, cursor: str | None) -> Row:
        """Newest first."""
        statement = f"SELECT *, {_STATUS} AS status FROM invoices WHERE workspace_id = %s"
        return self.page(statement, workspace_id, limit=limit, cursor=cursor, order=("sequence",), descending=True)

    def open(self, workspace_id: UUID | None = None) -> list[Row]:
        """Those to be paid, the oldest first."""
        return self.all(f"{_OPEN} AND (%s::uuid IS NULL OR workspace_id = %s) ORDER BY sequence", workspace_id, workspace_id)

    def unpaid_since(self, now: datetime, limit: int) -> list[Row]:
        """Those that should have been paid by now and of which no payment has failed yet."""
        return self.all(f"{_OPEN} AND tries IS NULL AND due_at <= %s ORDER BY sequence LIMIT %s", now, limit)
