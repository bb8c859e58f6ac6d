"""Search in the journal."""

from datetime import datetime
from uuid import UUID

from services.audit.events import PUBLIC
from services.audit.views import AuditViews
from services.chassis.application import Application
from services.chassis.views import Row


class Audit(Application):
    name = "audit"
    public = PUBLIC
    views: AuditViews

    def setup(self) -> None:
        if self.db:
            self.views = AuditViews(self.db)

    def list_entries(self, limit: int, cursor: str | None, **filters: UUID | str | datetime | None) -> Row:
        return self.views.entries(filters, limit, cursor)
