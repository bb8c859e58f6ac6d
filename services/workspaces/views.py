"""What can be asked about workspaces, members, invitations and notices."""

from datetime import datetime
from uuid import UUID

from services.chassis.views import Row, Table, Views

workspaces = Table(
    "workspaces",
    key=("id",),
    columns={
        "id": "uuid NOT NULL",
        "name": "text NOT NULL",
        "slug": "text NOT NULL",
        "personal": "boolean NOT NULL",
        "created_at": "timestamptz NOT NULL",
    },
)

members = Table(
    "members",
    key=("workspace_id", "account_id"),
    columns={"workspace_id": "uuid NOT NULL", "account_id": "uuid NOT NULL", "role": "text NOT NULL", "joined_at": "timestamptz NOT NULL"},
    indexes=("account_id",),
)

invitations = Table(
    "invitations",
    key=("id",),
    columns={
        "id": "uuid NOT NULL",
        "workspace_id": "uuid NOT NULL",
        "address_id": "uuid NOT NULL",
        "email": "text",
        "role": "text NOT NULL",
        "round": "int NOT NULL",
        "outcome": "text NOT NULL",
        "invited_by": "uuid NOT NULL",
        "invited_at": "timestamptz NOT NULL",
        "expires_at": "timestamptz NOT NULL",
    },
    indexes=("workspace_id, invited_at", "address_id"),
)

notices = Table(
    "notices",
    key=("id",),
    columns={
        "id": "uuid NOT NULL",
        "recipient_id": "uuid NOT NULL",
        "kind": "text NOT NULL",
        "workspace_id": "uuid NOT NULL",
        "invitation_id": "uuid",
        "round": "int",
        "role": "text",
        "created_at": "timestamptz NOT NULL",
        "read_at": "timestamptz",
    },
    indexes=("recipient_id, created_at",),
)

_WORKSPACES = """SELECT w.*, m.role, (SELECT count(*) FROM members o WHERE o.workspace_id = w.id) AS member_count
    FROM workspaces w JOIN members m ON m.workspace_id = w.id WHERE m.account_id = %s"""

_INVITATIONS = """SELECT *, CASE WHEN outcome = 'pending' AND expires_at <= %s THEN 'expired' ELSE outcome END AS status
    FROM invitations WHERE workspace_id = %s"""

_MEMBERS = """SELECT account_id AS id, account_id, NULL::text AS email, role, 'active' AS status,
        NULL::timestamptz AS invited_at, joined_at, joined_at AS created_at
    FROM members WHERE workspace_id = %s
    UNION ALL
    SELECT id, NULL, email, role, 'pending', invited_at, NULL, invited_at
    FROM invitations WHERE workspace_id = %s AND outcome = 'pending' AND expires_at > %s"""

# Where others would be left behind without an administrator.
_SOLE_ADMIN_OF = """SELECT w.id, w.name FROM workspaces w JOIN members m ON m.workspace_id = w.id
    WHERE m.account_id = %s AND m.role = 'admin' AND NOT w.personal
        AND EXISTS (SELECT FROM members o WHERE o.workspace_id = w.id AND o.account_id <> m.account_id)
        AND NOT EXISTS (SELECT FROM members o WHERE o.workspace_id = w.id AND o.account_id <> m.account_id AND o.role = 'admin')
    ORDER BY w.created_at, w.id"""

_NOTICES = """SELECT n.*, w.name AS workspace_name,
        coalesce(i.outcome = 'pending' AND i.round = n.round AND i.expires_at > %s, false) AS open
    FROM notices n JOIN workspaces w ON w.id = n.workspace_id LEFT JOIN invitations i ON i.id = n.invitation_id
    WHERE n.recipient_id = ANY(%s)"""


class WorkspacesViews(Views):
    def of_account(self, account_id: UUID, limit: int, cursor: str | None) -> Row:
        return self.page(_WORKSPACES, account_id, limit=limit, cursor=cursor)

    def of_member(self, workspace_id: UUID, account_id: UUID) -> Row | None:
        return self.one(f"{_WORKSPACES} AND w.id = %s", account_id, workspace_id)

    def exists(self, workspace_id: UUID) -> bool:
        return self.one("SELECT id FROM workspaces WHERE id = %s", workspace_id) is not None

    def ids_of(self, account_id: UUID) -> list[UUID]:
        return [row["workspace_id"] for row in self.all("SELECT workspace_id FROM members WHERE account_id = %s ORDER BY 1", account_id)]

    def role(self, workspace_id: UUID, account_id: UUID) -> str | None:
        row = self.one("SELECT role FROM members WHERE workspace_id = %s AND account_id = %s", workspace_id, account_id)
        return row["role"] if row else None

    def sole_admin_of(self, account_id: UUID) -> list[Row]:
        return self.all(_SOLE_ADMIN_OF, account_id)

    def members(self, workspace_id: UUID, now: datetime, limit: int, cursor: str | None) -> Row:
        """Pending invitations stand among the members."""
        return self.page(_MEMBERS, workspace_id, workspace_id, now, limit=limit, cursor=cursor)

    def invitations(self, workspace_id: UUID, now: datetime, limit: int, cursor: str | None) -> Row:
        return self.page(_INVITATIONS, now, workspace_id, limit=limit, cursor=cursor, order=("invited_at", "id"))

    def readable_invitations_to(self, address_ids: list[UUID]) -> list[UUID]:
        statement = "SELECT id FROM invitations WHERE address_id = ANY(%s) AND email IS NOT NULL ORDER BY id"
        return [row["id"] for row in self.all(statement, address_ids)]

    def notices(self, recipient_ids: list[UUID], now: datetime, limit: int, cursor: str | None) -> Row:
        """Newest first."""
        return self.page(_NOTICES, now, recipient_ids, limit=limit, cursor=cursor, descending=True)

    def notice_is_for(self, notice_id: UUID, recipient_ids: list[UUID]) -> bool:
        return self.one("SELECT id FROM notices WHERE id = %s AND recipient_id = ANY(%s)", notice_id, recipient_ids) is not None
