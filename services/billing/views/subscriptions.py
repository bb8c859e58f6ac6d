from datetime import datetime, timedelta
from uuid import UUID

from services.chassis.views import Table, Views

subscriptions = Table(
    "subscriptions",
    key=("workspace_id",),
    columns={
        "workspace_id": "uuid NOT NULL",
        "plan": "text NOT NULL",
        "costs": "boolean NOT NULL",
        "status": "text NOT NULL",
        "ends_at": "timestamptz NOT NULL",
        "announced": "boolean NOT NULL",
        "grace_until": "timestamptz",
    },
    indexes=("ends_at",),
)

NOTICE = timedelta(days=7)

# In one order, so that a run that ended early is taken up where it was.
_DUE = """SELECT workspace_id FROM subscriptions
    WHERE status IN ('active', 'past_due') AND ends_at <= %s ORDER BY ends_at, workspace_id LIMIT %s"""
_UNANNOUNCED = """SELECT workspace_id FROM subscriptions
    WHERE status = 'active' AND costs AND NOT announced AND ends_at > %s AND ends_at <= %s ORDER BY ends_at, workspace_id LIMIT %s"""
_OVERDUE = """SELECT workspace_id FROM subscriptions
    WHERE status = 'past_due' AND grace_until <= %s ORDER BY grace_until, workspace_id LIMIT %s"""


class SubscriptionViews(Views):
    def due(self, now: datetime, limit: int) -> list[UUID]:
        """Whose period is over."""
        return [row["workspace_id"] for row in self.all(_DUE, now, limit)]

    def unannounced(self, now: datetime, limit: int) -> list[UUID]:
        """Who is about to be charged again and was not told yet."""
        return [row["workspace_id"] for row in self.all(_UNANNOUNCED, now, now + NOTICE, limit)]

    def overdue(self, now: datetime, limit: int) -> list[UUID]:
        """Whose days of grace are over."""
        return [row["workspace_id"] for row in self.all(_OVERDUE, now, limit)]
