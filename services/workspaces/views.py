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
        "member_limit": "int",
        "created_at": "timestamptz NOT NULL",
    },
)

members = Table(
    "members",
    key=("workspace_id", "account_id"),
    columns={
        "workspace_id": "uuid NOT NULL",
        "account_id": "uuid NOT NULL",
        "role": "text NOT NULL",
        "joined_at": "timestamptz NOT NULL",
        "expires_at": "timestamptz",
    },
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

open_links = Table(
    "open_links",
    key=("id",),
    columns={
        "id": "uuid NOT NULL",
        "workspace_id": "uuid NOT NULL",
        "role": "text NOT NULL",
        "outcome": "text NOT NULL",
        "invited_by": "uuid NOT NULL",
        "invited_at": "timestamptz NOT NULL",
        "expires_at": "timestamptz NOT NULL",
        "max_uses": "int NOT NULL",
    },
    indexes=("workspace_id, invited_at",),
)

# One row a use, because a projection counts nothing. Nobody can use a link twice.
link_uses = Table("link_uses", key=("link_id", "account_id"), columns={"link_id": "uuid NOT NULL", "account_id": "uuid NOT NULL"})

notices = Table(
    "notices",
    key=("id",),
    columns={
        "id": "uuid NOT NULL",
        "recipient_id": "uuid NOT NULL",
        "kind": "text NOT NULL",
        "workspace_id": "uuid",
        # What it is about, where that is no workspace: a key pair, a token.
        "subject_id": "uuid",
        "invitation_id": "uuid",
        "round": "int",
        "role": "text",
        # Of what the notice tells: an invitation, a membership.
        "expires_at": "timestamptz",
        "created_at": "timestamptz NOT NULL",
        "read_at": "timestamptz",
    },
    indexes=("recipient_id, created_at",),
)

_WORKSPACES = """SELECT w.*, mine.role, mine.expires_at,
        (SELECT count(*) FROM invitations i WHERE i.workspace_id = w.id AND outcome = 'pending' AND i.expires_at > %s) AS pending_count,
        (SELECT count(*) FROM members m WHERE m.workspace_id = w.id AND (m.expires_at IS NULL OR m.expires_at > %s)) AS member_count
    FROM workspaces w JOIN members mine ON mine.workspace_id = w.id
    WHERE mine.account_id = %s AND (mine.expires_at IS NULL OR mine.expires_at > %s)"""

_PENDING = "SELECT count(*) AS pending FROM invitations WHERE workspace_id = %s AND outcome = 'pending' AND expires_at > %s"

_INVITATIONS = """SELECT id, email, role, round, invited_by, invited_at, expires_at, false AS open, 1 AS max_uses,
        (outcome = 'accepted')::int AS uses,
        CASE WHEN outcome = 'pending' AND expires_at <= %s THEN 'expired' ELSE outcome END AS status
    FROM invitations WHERE workspace_id = %s
    UNION ALL
    SELECT id, NULL, role, 0, invited_by, invited_at, expires_at, true, max_uses, uses,
        CASE WHEN outcome <> 'pending' THEN outcome WHEN uses >= max_uses THEN 'accepted'
            WHEN expires_at <= %s THEN 'expired' ELSE 'pending' END
    FROM open_links CROSS JOIN LATERAL (SELECT count(*)::int AS uses FROM link_uses WHERE link_id = id) AS used
    WHERE workspace_id = %s"""

_MEMBERS = """SELECT * FROM (
    SELECT account_id AS id, account_id, NULL::text AS email, role, NULL::timestamptz AS invited_at, joined_at, expires_at,
        joined_at AS created_at, CASE WHEN expires_at IS NULL OR expires_at > %s THEN 'active' ELSE 'expired' END AS status
    FROM members WHERE workspace_id = %s
    UNION ALL
    SELECT id, NULL, email, role, invited_at, NULL, NULL, invited_at, 'pending'
    FROM invitations WHERE workspace_id = %s AND outcome = 'pending' AND expires_at > %s
    ) AS everybody
    WHERE status = ANY(%s) AND (%s::text IS NULL OR role = %s)"""

_ROLE = """SELECT role, expires_at FROM members
    WHERE workspace_id = %s AND account_id = %s AND (expires_at IS NULL OR expires_at > %s)"""

# Where others would be left behind without an administrator.
_SOLE_ADMIN_OF = """SELECT w.id, w.name FROM workspaces w JOIN members m ON m.workspace_id = w.id
    WHERE m.account_id = %s AND m.role = 'admin' AND m.expires_at IS NULL AND NOT w.personal
        AND EXISTS (SELECT FROM members o WHERE o.workspace_id = w.id AND o.account_id <> m.account_id
            AND (o.expires_at IS NULL OR o.expires_at > %s))
        AND NOT EXISTS (SELECT FROM members o WHERE o.workspace_id = w.id AND o.account_id <> m.account_id AND o.role = 'admin'
            AND o.expires_at IS NULL)
    ORDER BY w.created_at, w.id"""

_NOTICES = """SELECT n.*, w.name AS workspace_name,
        coalesce(i.outcome = 'pending' AND i.round = n.round AND i.expires_at > %s, false) AS open
    FROM notices n LEFT JOIN workspaces w ON w.id = n.workspace_id LEFT JOIN invitations i ON i.id = n.invitation_id
    WHERE (n.workspace_id IS NULL OR w.id IS NOT NULL) AND n.recipient_id = ANY(%s)"""


class WorkspacesViews(Views):
    def of_account(self, account_id: UUID, now: datetime, limit: int, cursor: str | None) -> Row:
        return self.page(_WORKSPACES, now, now, account_id, now, limit=limit, cursor=cursor)

    def of_member(self, workspace_id: UUID, account_id: UUID, now: datetime) -> Row | None:
        return self.one(f"{_WORKSPACES} AND w.id = %s", now, now, account_id, now, workspace_id)

    def exists(self, workspace_id: UUID) -> bool:
        return self.one("SELECT id FROM workspaces WHERE id = %s", workspace_id) is not None

    def ids_of(self, account_id: UUID) -> list[UUID]:
        """Also where the membership has ended by itself."""
        return [row["workspace_id"] for row in self.all("SELECT workspace_id FROM members WHERE account_id = %s ORDER BY 1", account_id)]

    def role(self, workspace_id: UUID, account_id: UUID, now: datetime) -> Row:
        return self.one(_ROLE, workspace_id, account_id, now) or {"role": None, "expires_at": None}

    def sole_admin_of(self, account_id: UUID, now: datetime) -> list[Row]:
        return self.all(_SOLE_ADMIN_OF, account_id, now)

    def pending_count(self, workspace_id: UUID, now: datetime) -> int:
        row = self.one(_PENDING, workspace_id, now)
        return int(row["pending"]) if row else 0

    def pending(self, workspace_id: UUID, now: datetime) -> dict[UUID, datetime]:
        """Invitations that wait for an answer, and until when."""
        rows = self.all(
            "SELECT id, expires_at FROM invitations WHERE workspace_id = %s AND outcome = 'pending' AND expires_at > %s", workspace_id, now
        )
        return {row["id"]: row["expires_at"] for row in rows}

    def member_count(self, workspace_id: UUID, now: datetime) -> int:
        statement = "SELECT count(*) AS members FROM members WHERE workspace_id = %s AND (expires_at IS NULL OR expires_at > %s)"
        row = self.one(statement, workspace_id, now)
        return int(row["members"]) if row else 0

    def members(
        self, workspace_id: UUID, now: datetime, limit: int, cursor: str | None, status: str | None = None, role: str | None = None
    ) -> Row:
        """Pending invitations stand among the members; those whose membership has ended only if they are asked for."""
        statuses = [status] if status else ["active", "pending"]
        return self.page(_MEMBERS, now, workspace_id, workspace_id, now, statuses, role, role, limit=limit, cursor=cursor)

    def member(self, workspace_id: UUID, account_id: UUID) -> Row | None:
        return self.one("SELECT * FROM members WHERE workspace_id = %s AND account_id = %s", workspace_id, account_id)

    def invitations(self, workspace_id: UUID, now: datetime, limit: int, cursor: str | None) -> Row:
        return self.page(_INVITATIONS, now, workspace_id, now, workspace_id, limit=limit, cursor=cursor, order=("invited_at", "id"))

    def readable_invitations_to(self, address_ids: list[UUID]) -> list[UUID]:
        statement = "SELECT id FROM invitations WHERE address_id = ANY(%s) AND email IS NOT NULL ORDER BY id"
        return [row["id"] for row in self.all(statement, address_ids)]

    def notices(self, recipient_ids: list[UUID], now: datetime, limit: int, cursor: str | None) -> Row:
        """Newest first."""
        return self.page(_NOTICES, now, recipient_ids, limit=limit, cursor=cursor, descending=True)

    def notice_is_for(self, notice_id: UUID, recipient_ids: list[UUID]) -> bool:
        return self.one("SELECT id FROM notices WHERE id = %s AND recipient_id = ANY(%s)", notice_id, recipient_ids) is not None
