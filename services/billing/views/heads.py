from datetime import datetime
from uuid import UUID

from services.chassis.views import Table, Views

heads = Table(
    "heads",
    key=("workspace_id", "holder_id"),
    # A member, or the invitation of somebody who may become one; ``until``: when it ends by itself.
    columns={"workspace_id": "uuid NOT NULL", "holder_id": "uuid NOT NULL", "pending": "boolean NOT NULL", "until": "timestamptz"},
)

workspaces = Table("workspaces", key=("id",), columns={"id": "uuid NOT NULL"})

_TAKEN = "SELECT count(*) AS number FROM heads WHERE workspace_id = %s AND (until IS NULL OR until > %s)"
_NUMBERS = """SELECT count(*) FILTER (WHERE NOT pending) AS members, count(*) FILTER (WHERE pending) AS pending
    FROM heads WHERE workspace_id = %s AND (until IS NULL OR until > %s)"""
_UNSUBSCRIBED = """SELECT id FROM workspaces
    WHERE NOT EXISTS (SELECT FROM subscriptions WHERE subscriptions.workspace_id = workspaces.id) ORDER BY id LIMIT %s"""


class HeadViews(Views):
    def taken(self, workspace_id: UUID, now: datetime) -> int:
        row = self.one(_TAKEN, workspace_id, now)
        return int(row["number"]) if row else 0

    def numbers(self, workspace_id: UUID, now: datetime) -> tuple[int, int]:
        row = self.one(_NUMBERS, workspace_id, now) or {"members": 0, "pending": 0}
        return row["members"], row["pending"]

    def knows(self, workspace_id: UUID) -> bool:
        return self.one("SELECT id FROM workspaces WHERE id = %s", workspace_id) is not None

    def unsubscribed(self, limit: int) -> list[UUID]:
        return [row["id"] for row in self.all(_UNSUBSCRIBED, limit)]
