from collections.abc import Sequence
from uuid import UUID

from services.authz.views.groups import like
from services.chassis.views import Row, Views

# OFFSET 0 keeps PostgreSQL from joining the other way round: not knowing how many are named, it would compare each with every row.
_LINES = """WITH RECURSIVE line AS (
        SELECT r.* FROM unnest(%s::text[], %s::text[]) AS named (type, id) CROSS JOIN LATERAL (
            SELECT type, id, name, parent_id FROM resources WHERE workspace_id = %s AND type = named.type AND id = named.id OFFSET 0) AS r
    UNION
        SELECT r.* FROM line CROSS JOIN LATERAL (
            SELECT type, id, name, parent_id FROM resources
            WHERE workspace_id = %s AND type = 'project' AND id = line.parent_id OFFSET 0) AS r)
    SELECT * FROM line"""

_CHILDREN = "SELECT parent_id, count(*) AS children FROM resources WHERE workspace_id = %s AND parent_id = ANY(%s) GROUP BY parent_id"

_HEIGHTS = """WITH RECURSIVE below AS (
        SELECT id AS top, id, 0 AS depth FROM unnest(%s::text[]) AS named (id)
    UNION ALL
        SELECT top, r.id, depth + 1 FROM below CROSS JOIN LATERAL (
            SELECT id FROM resources WHERE workspace_id = %s AND parent_id = below.id AND type = 'project' OFFSET 0) AS r)
    SELECT top, max(depth) AS height FROM below GROUP BY top"""

_RESOURCES = "SELECT type, id, name, parent_id FROM resources WHERE workspace_id = %s"
_FILTERS = {"type": " AND type = %s", "parent_id": " AND parent_id = %s", "q": " AND name ILIKE %s"}


class ResourceQueries(Views):
    def resource(self, workspace_id: UUID, type: str, id: str) -> Row | None:
        return self.one(_RESOURCES + " AND type = %s AND id = %s", workspace_id, type, id)

    def lines(self, workspace_id: UUID, resources: Sequence[tuple[str, str]]) -> list[Row]:
        """Those of them that exist, and every project above them."""
        types, ids = [type for type, _ in resources], [id for _, id in resources]
        return self.all(_LINES, types, ids, workspace_id, workspace_id)

    def children(self, workspace_id: UUID, project_ids: Sequence[str]) -> dict[str, int]:
        """How much each holds directly."""
        return {row["parent_id"]: row["children"] for row in self.all(_CHILDREN, workspace_id, list(project_ids))} if project_ids else {}

    def heights(self, workspace_id: UUID, project_ids: Sequence[str]) -> dict[str, int]:
        """How many projects deep each goes."""
        return {row["top"]: row["height"] for row in self.all(_HEIGHTS, list(project_ids), workspace_id)} if project_ids else {}

    def resources(self, workspace_id: UUID, limit: int, cursor: str | None, **filters: str) -> Row:
        conditions = "".join(_FILTERS[name] for name in filters)
        values = [like(value) if name == "q" else value for name, value in filters.items()]
        return self.page(_RESOURCES + conditions, workspace_id, *values, limit=limit, cursor=cursor, order=("type", "id"))
