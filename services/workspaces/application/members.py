from datetime import datetime
from typing import Any
from uuid import UUID

from services.chassis.views import Row
from services.workspaces.application.shared import Shared


class Members(Shared):
    def role(self, workspace_id: UUID, account_id: UUID, now: datetime) -> Row:
        """``expires_at``: when the answer stops being true by itself."""
        return self.views.role(workspace_id, account_id, now)

    def seats_used(self, workspace_id: UUID, now: datetime) -> int:
        """By members and pending invitations."""
        return self.views.member_count(workspace_id, now) + self.views.pending_count(workspace_id, now)

    def sole_admin_of(self, account_id: UUID, now: datetime) -> list[Row]:
        """Workspaces whose other members would lose their only administrator with this account."""
        return self.views.sole_admin_of(account_id, now)

    def list_members(self, workspace_id: UUID, now: datetime, limit: int, cursor: str | None, **filters: str | None) -> Row:
        return self.views.members(workspace_id, now, limit, cursor, **filters)

    def get_member(self, workspace_id: UUID, account_id: UUID) -> Row | None:
        return self.views.member(workspace_id, account_id)

    def change_member(self, workspace_id: UUID, account_id: UUID, now: datetime, **changes: Any) -> None:
        """``role`` and ``expires_at``, each if it is to be changed, together or not at all."""
        workspace = self._workspace(workspace_id)
        # An ending term first: who stays for good may be made the administrator there has to be.
        if "expires_at" in changes and changes["expires_at"] is None:
            workspace.set_term(account_id, None, now)
        if "role" in changes:
            workspace.change_role(account_id, changes["role"], now)
        if changes.get("expires_at") is not None:
            workspace.set_term(account_id, changes["expires_at"], now)
        self.save(workspace)

    def remove_member(self, workspace_id: UUID, account_id: UUID) -> None:
        workspace = self._workspace(workspace_id)
        workspace.remove(account_id)
        self.save(workspace)

    def leave_workspace(self, workspace_id: UUID, account_id: UUID) -> None:
        workspace = self._workspace(workspace_id)
        workspace.leave(account_id)
        self.save(workspace)
