from collections.abc import Sequence
from uuid import UUID

from services.chassis.views import Row, Views

_RULES = """SELECT r.*, s.name AS resource_name,
        ARRAY(SELECT account_id FROM rule_users JOIN members USING (workspace_id, account_id, tenure)
            WHERE rule_id = r.id ORDER BY 1) AS users,
        ARRAY(SELECT group_id FROM rule_groups WHERE rule_id = r.id ORDER BY 1) AS groups
    FROM rules r LEFT JOIN resources s ON s.workspace_id = r.workspace_id AND s.type = r.resource_type AND s.id = r.resource_id
    WHERE r.workspace_id = %s"""

_FILTERS = {
    "resource_type": " AND r.resource_type = %s",
    "resource_id": " AND r.resource_id = %s",
    "user": """ AND EXISTS (SELECT FROM rule_users u JOIN members USING (workspace_id, account_id, tenure)
        WHERE u.rule_id = r.id AND account_id = %s)""",
    "group": " AND EXISTS (SELECT FROM rule_groups g WHERE g.rule_id = r.id AND g.group_id = %s)",
}

_ON = """SELECT r.id FROM unnest(%s::text[], %s::text[]) AS named (type, id) CROSS JOIN LATERAL (
        SELECT id FROM rules WHERE workspace_id = %s AND resource_type = named.type AND resource_id = named.id OFFSET 0) AS r
    ORDER BY r.id"""


class RuleQueries(Views):
    def rule(self, workspace_id: UUID, rule_id: UUID) -> Row | None:
        return self.one(_RULES + " AND r.id = %s", workspace_id, rule_id)

    def rules(self, workspace_id: UUID, limit: int, cursor: str | None, **filters: UUID | str) -> Row:
        conditions = "".join(_FILTERS[name] for name in filters)
        return self.page(_RULES + conditions, workspace_id, *filters.values(), limit=limit, cursor=cursor)

    def rules_on(self, workspace_id: UUID, resources: Sequence[tuple[str, str]]) -> list[UUID]:
        types, ids = [type for type, _ in resources], [id for _, id in resources]
        return [row["id"] for row in self.all(_ON, types, ids, workspace_id)]
