from uuid import UUID

from services.chassis.views import Row, Table, Views

configurations = Table(
    "configurations",
    key=("id",),
    columns={
        "id": "uuid NOT NULL",
        "workspace_id": "uuid NOT NULL",
        "account_id": "uuid",
        "name": "text",
        "group_ids": "jsonb NOT NULL",
        "enabled": "boolean NOT NULL",
        "format": "text NOT NULL",
        "edition": "int NOT NULL",
        "size": "int NOT NULL",
        "keys": "jsonb",
        "revision": "int NOT NULL",
        "created_at": "timestamptz NOT NULL",
        "updated_at": "timestamptz NOT NULL",
    },
    indexes=("workspace_id, created_at", "account_id"),
    compared=("name",),
)

editions = Table(
    "configuration_editions",
    key=("configuration_id", "edition"),
    columns={
        "configuration_id": "uuid NOT NULL",
        "edition": "int NOT NULL",
        "format": "text NOT NULL",
        "size": "int NOT NULL",
        "keys": "jsonb",
        "restored": "int",
        "saved_by": "uuid",
        "saved_at": "timestamptz NOT NULL",
    },
)

# In the order in which clients merge them, the last wins: groups' by name, letter by letter, then the person's own.
_SERVED = """SELECT * FROM configurations
    WHERE workspace_id = %s AND enabled AND edition > 0 AND (account_id = %s OR group_ids ?| %s::text[])
    ORDER BY account_id IS NOT NULL, name COLLATE "C", id"""


class ConfigurationViews(Views):
    def of_groups(self, workspace_id: UUID, limit: int, cursor: str | None) -> Row:
        return self.page(
            "SELECT * FROM configurations WHERE workspace_id = %s AND account_id IS NULL", workspace_id, limit=limit, cursor=cursor
        )

    def served(self, workspace_id: UUID, account_id: UUID, group_ids: list[UUID]) -> list[Row]:
        return self.all(_SERVED, workspace_id, account_id, [str(id) for id in group_ids])

    def editions(self, configuration_id: UUID, limit: int, cursor: str | None) -> Row:
        """Newest first."""
        statement = "SELECT * FROM configuration_editions WHERE configuration_id = %s"
        return self.page(statement, configuration_id, limit=limit, cursor=cursor, order=("edition",), descending=True)

    def ids(self, account_id: UUID | None = None, workspace_id: UUID | None = None) -> list[UUID]:
        """Neither given matches nothing."""
        statement = "SELECT id FROM configurations WHERE account_id = %s OR workspace_id = %s"
        return [row["id"] for row in self.all(statement, account_id, workspace_id)]
