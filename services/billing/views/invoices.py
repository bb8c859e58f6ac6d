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

_OPEN = "SELECT * FROM invoices WHERE kind = 'invoice' AND paid_at IS NULL AND owed > 0"


class InvoiceViews(Views):
    def last_sequence(self) -> int:
        row = self.one("SELECT max(sequence) AS sequence FROM invoices")
        return int(row["sequence"] or 0) if row else 0

    def sequence_of(self, number: str) -> int | None:
        row = self.one("SELECT sequence FROM invoices WHERE number = %s", number)
        return int(row["sequence"]) if row else None

    def of_workspace(self, workspace_id: UUID, limit: int, cursor: str | None) -> Row:
        """Newest first."""
        statement = "SELECT * FROM invoices WHERE workspace_id = %s"
        return self.page(statement, workspace_id, limit=limit, cursor=cursor, order=("sequence",), descending=True)

    def open(self, workspace_id: UUID | None = None) -> list[Row]:
        """Those to be paid, the oldest first."""
        return self.all(f"{_OPEN} AND (%s::uuid IS NULL OR workspace_id = %s) ORDER BY sequence", workspace_id, workspace_id)

    def unpaid_since(self, now: datetime, limit: int) -> list[Row]:
        """Those that should have been paid by now and of which no payment has failed yet."""
        return self.all(f"{_OPEN} AND tries IS NULL AND due_at <= %s ORDER BY sequence LIMIT %s", now, limit)
