from uuid import UUID

from services.chassis.views import Row, Table, Views

cloud_credentials = Table(
    "cloud_credentials",
    key=("id",),
    columns={
        "id": "uuid NOT NULL",
        "owner_id": "uuid",
        "workspace_id": "uuid",
        "added_by": "uuid NOT NULL",
        "provider": "text NOT NULL",
        "name": "text",
        "uses": "jsonb NOT NULL",
        "shown": "jsonb",
        "created_at": "timestamptz NOT NULL",
        "updated_at": "timestamptz NOT NULL",
    },
    indexes=("owner_id", "workspace_id"),
)

_HELD = "SELECT * FROM cloud_credentials WHERE owner_id IS NOT DISTINCT FROM %s AND workspace_id IS NOT DISTINCT FROM %s"
_COUNT = "SELECT count(*) AS number FROM cloud_credentials WHERE owner_id = %s OR workspace_id = %s"
_IDS = "SELECT id FROM cloud_credentials WHERE owner_id = %s OR workspace_id = %s"


class CloudCredentialViews(Views):
    def held_by(self, owner_id: UUID | None, workspace_id: UUID | None, limit: int, cursor: str | None) -> Row:
        return self.page(_HELD, owner_id, workspace_id, limit=limit, cursor=cursor)

    def count(self, owner_id: UUID | None, workspace_id: UUID | None) -> int:
        row = self.one(_COUNT, owner_id, workspace_id)
        return int(row["number"]) if row else 0

    def ids(self, *, owner_id: UUID | None = None, workspace_id: UUID | None = None) -> list[UUID]:
        return [row["id"] for row in self.all(_IDS, owner_id, workspace_id)]
