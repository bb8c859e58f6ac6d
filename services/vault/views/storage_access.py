from uuid import UUID

from services.chassis.views import Row, Table, Views

storage_access = Table(
    "storage_access",
    key=("id",),
    columns={
        "id": "uuid NOT NULL",
        "owner_id": "uuid NOT NULL",
        "shown": "jsonb",
        "created_at": "timestamptz NOT NULL",
        "updated_at": "timestamptz NOT NULL",
    },
    indexes=("owner_id",),
)


class StorageAccessViews(Views):
    def held_by(self, owner_id: UUID, limit: int, cursor: str | None) -> Row:
        return self.page("SELECT * FROM storage_access WHERE owner_id = %s", owner_id, limit=limit, cursor=cursor)

    def ids(self, owner_id: UUID) -> list[UUID]:
        return [row["id"] for row in self.all("SELECT id FROM storage_access WHERE owner_id = %s", owner_id)]
