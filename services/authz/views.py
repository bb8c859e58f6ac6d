"""Who belongs where, as this service has heard so far."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.chassis.views import Table, Views

members = Table(
    "members",
    key=("workspace_id", "account_id"),
    columns={"workspace_id": "uuid NOT NULL", "account_id": "uuid NOT NULL", "role": "text NOT NULL", "expires_at": "timestamptz"},
)

# One statement, so that role and position are of the same moment; a membership that has ended is none.
_STANDING = """SELECT role, expires_at,
        coalesce((SELECT position FROM positions WHERE consumer = 'members' AND source = 'workspaces'), 0) AS position
    FROM (SELECT) AS always LEFT JOIN members
        ON workspace_id = %s AND account_id = %s AND (expires_at IS NULL OR expires_at > clock_timestamp())"""


@dataclass(frozen=True, slots=True)
class Standing:
    """``position``: how much of the log of workspaces this answer knows; ``expires_at``: when the role ends by itself."""

    role: str | None
    expires_at: datetime | None
    position: int


class AuthzViews(Views):
    def standing(self, workspace_id: UUID, account_id: UUID) -> Standing:
        row = self.one(_STANDING, workspace_id, account_id) or {}
        return Standing(row["role"], row["expires_at"], row["position"])
