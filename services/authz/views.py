"""Who belongs where, as this service has heard so far."""

from dataclasses import dataclass
from uuid import UUID

from services.chassis.views import Table, Views

members = Table(
    "members",
    key=("workspace_id", "account_id"),
    columns={"workspace_id": "uuid NOT NULL", "account_id": "uuid NOT NULL", "role": "text NOT NULL"},
)

# One statement, so that role and position are of the same moment.
_STANDING = """SELECT (SELECT role FROM members WHERE workspace_id = %s AND account_id = %s) AS role,
    coalesce((SELECT position FROM positions WHERE consumer = 'members' AND source = 'workspaces'), 0) AS position"""


@dataclass(frozen=True, slots=True)
class Standing:
    """``position``: how much of the log of workspaces this answer knows."""

    role: str | None
    position: int


class AuthzViews(Views):
    def standing(self, workspace_id: UUID, account_id: UUID) -> Standing:
        row = self.one(_STANDING, workspace_id, account_id) or {}
        return Standing(row["role"], row["position"])
