"""Search in the journal, and what gateways refused."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.audit.domain import Attempt
from services.audit.events import PUBLIC
from services.audit.gathered import Gathered
from services.audit.views import AuditViews
from services.chassis import context
from services.chassis.application import Application
from services.chassis.context import CallContext
from services.chassis.views import Row

_BATCH = 200
# Seconds that a report may take to be written down after it came.
_LATE = 5


class Audit(Application):
    name = "audit"
    public = PUBLIC
    tidy_every = 5.0
    views: AuditViews
    gathered: Gathered

    def setup(self) -> None:
        if self.db:
            self.views, self.gathered = AuditViews(self.db), Gathered(self.db)

    def list_entries(self, limit: int, cursor: str | None, everything: bool = False, **filters: UUID | str | datetime | None) -> Row:
        return self.views.entries(filters, limit, cursor)

    def note_refusals(self, refusals: list[dict[str, Any]], now: datetime) -> None:
        """They are on record once the window of time they came in is over, with those like them from any gateway in one entry."""
        seconds = self.settings.refusal_seconds
        since = datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)
        self.gathered.add(since, refusals)

    def tidy(self, now: datetime) -> None:
        over = now - timedelta(seconds=self.settings.refusal_seconds + _LATE)
        while self._settle(over):
            pass

    def _settle(self, until: datetime) -> int:
        with self.database.transaction():
            rows = self.gathered.take(until, _BATCH)
            self.save(*map(_attempt, rows))
        return len(rows)


def _attempt(row: Row) -> Attempt:
    """By whoever made the attempt, from where it was made."""
    call = CallContext(actor_id=row["account_id"], credential_id=row["credential_id"], ip=row["ip"])
    with context.use(call):
        return Attempt(
            kind=row["kind"],
            code=row["code"],
            route=row["route"],
            count=row["count"],
            since=row["since"],
            account_id=_uuid(row["account_id"]),
            workspace_id=_uuid(row["workspace_id"]),
        )


def _uuid(text: str) -> UUID | None:
    return UUID(text) if text else None
