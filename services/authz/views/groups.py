from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.authz import names
from services.chassis.views import Row, Views

# Built-in groups are there without anybody making them; only Queue admins get a row, with their first member.
_GROUPS = """SELECT 0 AS place, b.name, b.id, '' AS description, coalesce(g.version, 1) AS version, true AS built_in
    FROM unnest(%s::uuid[], %s::text[]) AS b (id, name) LEFT JOIN groups g ON g.id = b.id
    UNION ALL
    SELECT 1, name, id, description, version, false FROM groups WHERE workspace_id = %s AND NOT built_in"""

_FOUND = "SELECT * FROM (" + _GROUPS + ") AS every WHERE (%s::uuid IS NULL OR id = %s) AND (%s::text IS NULL OR name ILIKE %s)"

_MEMBERS = """SELECT group_id, count(*) AS member_count, (array_agg(account_id ORDER BY account_id))[1:%s] AS members FROM (
        SELECT group_id, account_id, role, tenure FROM group_members JOIN members USING (workspace_id, account_id, tenure)
        WHERE group_id = ANY(%s) AND (expires_at IS NULL OR expires_at > %s)
        UNION ALL
        SELECT b.id, account_id, role, tenure FROM members JOIN (VALUES (%s::uuid, NULL), (%s::uuid, 'admin')) AS b (id, held)
            ON b.held IS NULL OR b.held = role
        WHERE workspace_id = %s AND b.id = ANY(%s) AND (expires_at IS NULL OR expires_at > %s)) AS everybody
    GROUP BY group_id"""

_CHILDREN = "SELECT parent_id, child_id FROM nestings JOIN groups g ON g.id = child_id WHERE parent_id = ANY(%s) ORDER BY child_id"

_GROUPS_OF = """SELECT account_id::text, g.id, g.name FROM group_members JOIN members USING (workspace_id, account_id, tenure)
    JOIN groups g ON g.id = group_id
    WHERE g.workspace_id = %s AND account_id = ANY(%s) AND (expires_at IS NULL OR expires_at > %s) ORDER BY g.built_in DESC, g.name, g.id"""


class GroupQueries(Views):
    def groups(self, workspace_id: UUID, q: str | None, now: datetime, limit: int, cursor: str | None, most_members: int) -> Row:
        """The built-in ones first, then by name."""
        page = self.page(_FOUND, *_every(workspace_id), None, None, q, like(q), limit=limit, cursor=cursor, order=("place", "name", "id"))
        return {**page, "items": self._with_members(workspace_id, page["items"], now, most_members)}

    def group(self, workspace_id: UUID, group_id: UUID, now: datetime, most_members: int) -> Row | None:
        row = self.one(_FOUND, *_every(workspace_id), group_id, group_id, None, None)
        return self._with_members(workspace_id, [row], now, most_members)[0] if row else None

    def group_ids(self, workspace_id: UUID, group_ids: Sequence[UUID]) -> set[UUID]:
        """Those of them that are of this workspace; the built-in ones need not be there."""
        rows = self.all("SELECT id FROM groups WHERE workspace_id = %s AND id = ANY(%s)", workspace_id, list(group_ids))
        return {row["id"] for row in rows}

    def groups_of(self, workspace_id: UUID, account_ids: Sequence[UUID], now: datetime) -> dict[str, list[Row]]:
        """The groups each was put in, by name."""
        found: dict[str, list[Row]] = {str(account_id): [] for account_id in account_ids}
        for row in self.all(_GROUPS_OF, workspace_id, list(account_ids), now):
            found[row["account_id"]].append({"id": row["id"], "name": row["name"]})
        return found

    def named_groups(self, workspace_id: UUID, ids: Sequence[str]) -> list[Row]:
        """Those of these ids that are there, built-in ones first, then by name."""
        built_in = [{"id": id, "name": name} for id, name in names.built_in(workspace_id).items() if str(id) in ids]
        own = [id for id in map(UUID, ids) if id not in names.built_in(workspace_id)]
        return built_in + self.all(
            "SELECT id, name FROM groups WHERE workspace_id = %s AND id = ANY(%s) ORDER BY name, id", workspace_id, own
        )

    def _with_members(self, workspace_id: UUID, rows: Sequence[Mapping[str, Any]], now: datetime, most: int) -> list[Row]:
        ids = [row["id"] for row in rows]
        virtual = (names.users_id(workspace_id), names.admins_id(workspace_id))
        members = {row["group_id"]: row for row in self.all(_MEMBERS, most, ids, now, *virtual, workspace_id, ids, now)}
        children: dict[UUID, list[UUID]] = {id: [] for id in ids}
        for row in self.all(_CHILDREN, ids):
            children[row["parent_id"]].append(row["child_id"])
        nobody = {"members": [], "member_count": 0}
        return [{**row, **members.get(row["id"], nobody), "groups": children[row["id"]]} for row in rows]


def _every(workspace_id: UUID) -> tuple[list[UUID], list[str], UUID]:
    built_in = names.built_in(workspace_id)
    return list(built_in), list(built_in.values()), workspace_id


def like(q: str | None) -> str | None:
    """A pattern for what contains this text, whose own signs mean nothing."""
    return None if q is None else "%" + q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
