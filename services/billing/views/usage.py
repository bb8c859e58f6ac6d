"""Records by their ids, and what was used by workspace, metric and quarter of an hour."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.views import Row, Table, Views

usage_records = Table(
    "usage_records",
    key=("workspace_id", "id"),
    columns={
        "workspace_id": "uuid NOT NULL",
        "id": "text NOT NULL",
        "metric": "text NOT NULL",
        "quantity": "bigint NOT NULL",
        "at": "timestamptz NOT NULL",
    },
)

# One row a report, metric and quarter: reports only ever add rows, so that sums need no row to be read before it is written.
usage = Table(
    "usage",
    key=("workspace_id", "metric", "at", "report_id"),
    columns={
        "workspace_id": "uuid NOT NULL",
        "metric": "text NOT NULL",
        "at": "timestamptz NOT NULL",
        "report_id": "uuid NOT NULL",
        "quantity": "bigint NOT NULL",
    },
)

# Sums, and of levels what was measured last: it holds until something else is. Each metric by its name, so that no more of the
# index is read than the period's part of it, however many periods there were.
_FIGURES = """WITH asked (workspace_id, starts_at, ends_at) AS (
        SELECT * FROM unnest(%b::uuid[], %b::timestamptz[], %b::timestamptz[])),
    summed (metric) AS (SELECT unnest(%b::text[])),
    level (metric) AS (SELECT unnest(%b::text[]))
    SELECT asked.workspace_id, starts_at, metric, total.quantity, NULL::timestamptz AS at
    FROM asked CROSS JOIN summed CROSS JOIN LATERAL (
        SELECT sum(quantity) AS quantity FROM usage
        WHERE usage.workspace_id = asked.workspace_id AND usage.metric = summed.metric AND at >= starts_at AND at < ends_at) AS total
    WHERE total.quantity IS NOT NULL
    UNION ALL
    SELECT asked.workspace_id, starts_at, metric, latest.quantity, latest.at
    FROM asked CROSS JOIN level CROSS JOIN LATERAL (
        SELECT at, quantity FROM usage WHERE usage.workspace_id = asked.workspace_id AND usage.metric = level.metric AND at < ends_at
        ORDER BY at DESC, quantity DESC LIMIT 1) AS latest"""

Span = tuple[UUID, datetime, datetime]


class UsageViews(Views):
    def records(self, workspace_id: UUID, ids: Sequence[str]) -> list[Row]:
        return self.all("SELECT id, metric, quantity, at FROM usage_records WHERE workspace_id = %s AND id = ANY(%s)", workspace_id, ids)

    def figures(self, asked: Sequence[Span], sums: Sequence[str], levels: Sequence[str]) -> list[Row]:
        """Of workspaces between two moments each: sums, and of ``levels`` the last value with its moment."""
        spans = [list(column) for column in zip(*asked, strict=True)]
        return self.all(_FIGURES, *spans, sums, levels) if asked else []

    def reports(self, span: Span, metric: str, limit: int, cursor: str | None) -> Row:
        """The reports that a sum consists of."""
        statement = "SELECT report_id, at, quantity FROM usage WHERE workspace_id = %s AND at >= %s AND at < %s AND metric = %s"
        return self.page(statement, *span, metric, limit=limit, cursor=cursor, order=("at", "report_id"))
