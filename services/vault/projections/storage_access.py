from services.chassis.projections import Projection, on
from services.chassis.views import Rows
from services.vault.domain import StorageAccess
from services.vault.views.storage_access import storage_access


class StorageAccesses(Projection):
    name, tables = "storage_access", (storage_access,)

    @on(StorageAccess.Created)
    def added(self, event: StorageAccess.Created, rows: Rows) -> None:
        rows.put(
            storage_access,
            id=event.originator_id,
            owner_id=event.owner_id,
            shown=event.shown.value,
            created_at=event.timestamp,
            updated_at=event.timestamp,
        )

    @on(StorageAccess.Changed)
    def changed(self, event: StorageAccess.Changed, rows: Rows) -> None:
        rows.change(storage_access, {"id": event.originator_id}, shown=event.shown.value, updated_at=event.timestamp)

    @on(StorageAccess.Deleted)
    def deleted(self, event: StorageAccess.Deleted, rows: Rows) -> None:
        rows.remove(storage_access, id=event.originator_id)
