from services.chassis.projections import Projection, on
from services.chassis.views import Rows
from services.vault.domain import CloudCredential
from services.vault.views.cloud_credentials import cloud_credentials


class CloudCredentials(Projection):
    name, tables = "cloud_credentials", (cloud_credentials,)

    @on(CloudCredential.Created)
    def added(self, event: CloudCredential.Created, rows: Rows) -> None:
        rows.put(
            cloud_credentials,
            id=event.originator_id,
            owner_id=event.owner_id,
            workspace_id=event.workspace_id,
            added_by=event.added_by,
            provider=event.provider,
            name=event.name.value,
            uses=event.uses,
            shown=event.shown.value,
            created_at=event.timestamp,
            updated_at=event.timestamp,
        )

    @on(CloudCredential.Changed)
    def changed(self, event: CloudCredential.Changed, rows: Rows) -> None:
        changes = {"name": event.name.value, "uses": event.uses, "shown": event.shown.value, "updated_at": event.timestamp}
        rows.change(cloud_credentials, {"id": event.originator_id}, **changes)

    @on(CloudCredential.Deleted)
    def deleted(self, event: CloudCredential.Deleted, rows: Rows) -> None:
        rows.remove(cloud_credentials, id=event.originator_id)
