"""The entrypoints of this service."""

from typing import Any

from services.audit import schemas
from services.audit.application import Audit
from services.audit.gathered import gathered
from services.audit.projections import Journal
from services.audit.schemas import BeginExport, Entries, ExportPage, Heads, ListEntries, ListHeads, NoteRefusals
from services.audit.signing import heads, signing_keys
from services.audit.sinks.states import sinks
from services.audit.views import seals
from services.chassis.rpc import Clock, EventSourced, rpc
from services.chassis.schemas import made
from services.chassis.service import Service
from services.chassis.spec import ServiceSpec


class AuditService(Service):
    name = "audit"

    app = EventSourced(Audit)
    clock = Clock()

    @rpc
    def list_entries(self, payload: dict[str, Any]) -> dict[str, Any]:
        return made(Entries).dump(self.app.list_entries(**made(ListEntries).load(payload), now=self.clock()))

    @rpc
    def begin_export(self, payload: dict[str, Any]) -> dict[str, Any]:
        self.app.note_export(**made(BeginExport).load(payload))
        return {}

    @rpc
    def export(self, payload: dict[str, Any]) -> dict[str, Any]:
        return self.app.export(**made(ExportPage).load(payload))

    @rpc
    def begin_entries_export(self, payload: dict[str, Any]) -> dict[str, Any]:
        return self.app.begin_entries_export(**made(schemas.BeginEntriesExport).load(payload))

    @rpc
    def export_entries(self, payload: dict[str, Any]) -> dict[str, Any]:
        return self.app.export_entries(**made(schemas.ExportEntries).load(payload))

    @rpc
    def inclusion_proof(self, payload: dict[str, Any]) -> dict[str, Any]:
        return self.app.inclusion_proof(**made(schemas.InclusionProof).load(payload))

    @rpc
    def consistency_proof(self, payload: dict[str, Any]) -> dict[str, Any]:
        return self.app.consistency_proof(**made(schemas.ConsistencyProof).load(payload))

    @rpc
    def heads_after(self, payload: dict[str, Any]) -> dict[str, Any]:
        command = made(schemas.HeadsAfter).load(payload)
        return {"records": self.app.heads_after(command["after"], command["limit"])}

    @rpc
    def list_heads(self, payload: dict[str, Any]) -> dict[str, Any]:
        return made(Heads).dump(self.app.list_heads(**made(ListHeads).load(payload)))

    @rpc
    def signing_keys(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"keys": self.app.signing_keys()}

    @rpc
    def note_refusals(self, payload: dict[str, Any]) -> dict[str, Any]:
        self.app.note_refusals(**made(NoteRefusals).load(payload), now=self.clock())
        return {}


SPEC = ServiceSpec(service=AuditService, application=Audit, bus=(Journal,), side=(gathered, heads, signing_keys, seals, sinks))
