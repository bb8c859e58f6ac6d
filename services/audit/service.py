"""The entrypoints of this service."""

from typing import Any

from services.audit.application import Audit
from services.audit.projections import Journal
from services.audit.schemas import Entries, ListEntries
from services.chassis.rpc import EventSourced, rpc
from services.chassis.spec import ServiceSpec


class AuditService:
    name = "audit"

    app = EventSourced(Audit)

    @rpc
    def list_entries(self, payload: dict[str, Any]) -> dict[str, Any]:
        return Entries().dump(self.app.list_entries(**ListEntries().load(payload)))


SPEC = ServiceSpec(service=AuditService, application=Audit, bus=(Journal,))
