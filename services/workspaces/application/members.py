from datetime import datetime
from uuid import UUID

from services.chassis.views import Row
from services.workspaces.application.shared import Shared


class Members(Shared):
    def role(self, workspace_id: UUID, account_id: UUID) -> str | None:
        return self.views.role(workspace_id, account_id)

    def sole_admin_of(self, account_id: UUID) -> list[Row]:
        """Workspaces whose other members would lose their only administrator with this account."""
        return self.views.sole_admin_of(account_id)

    def list_members(self, workspace_id: UUID, now: datetime, limit: int, cursor: str | None) -> Row:
        return self.views.members(workspace_id, now, limit, cursor)

    def change_role(self, workspace_id: UUID, account_id: UUID, role: str) -> None:
        workspace = self._workspace(workspace_id)
        workspace.change_role(account_id, role)
        self.save(workspace)

    def remove_member(self, workspace_id: UUID, account_id: UUID) -> None:
        workspace = self._workspace(workspace_id)
        workspace.remove(account_id)
        self.save(workspace)

    def leave_workspace(self, workspace_id: UUID, account_id: UUID) -> None:
        workspace = self._workspace(workspace_id)
        workspace.leave(account_id)
        self.save(workspace)
