from datetime import datetime

from services.chassis.views import Table, Views

# Invoices that are to be paid, and when the next try is due; NULL: not by itself.
due_payments = Table(
    "due_payments",
    key=("number",),
    columns={"number": "text NOT NULL", "workspace_id": "uuid NOT NULL", "begun": "boolean NOT NULL", "due_at": "timestamptz"},
    indexes=("due_at", "workspace_id"),
)

_DUE = "SELECT number FROM due_payments WHERE begun OR due_at <= %s ORDER BY due_at, number LIMIT %s"


class PaymentViews(Views):
    def due(self, now: datetime, limit: int) -> list[str]:
        """Those of which nobody knows what came of a try among them."""
        return [row["number"] for row in self.all(_DUE, now, limit)]
