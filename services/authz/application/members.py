from datetime import datetime
from uuid import UUID

from services.authz.application.shared import Shared
from services.authz.domain import Member, Workspace


class Members(Shared):
    """What the service of workspaces told, once each and in its order."""

    def admit(self, workspace_id: UUID, account_id: UUID, role: str) -> None:
        """Whoever was here before begins anew: nothing that was given to him then is his again."""
        if member := self.find(Member, Member.create_id(workspace_id, account_id)):
            member.admit(role)
        else:
            member = Member(workspace_id=workspace_id, account_id=account_id, role=role, tenure=1)
        self.save(member)

    def change_role(self, workspace_id: UUID, account_id: UUID, role: str) -> None:
        member = self._member(workspace_id, account_id)
        member.change_role(role)
        self.save(member)

    def set_term(self, workspace_id: UUID, account_id: UUID, expires_at: datetime | None) -> None:
        member = self._member(workspace_id, account_id)
        member.set_term(expires_at)
        self.save(member)

    def depart(self, workspace_id: UUID, account_id: UUID) -> None:
        member = self._member(workspace_id, account_id)
        member.depart()
        self.save(member)

    def close_workspace(self, workspace_id: UUID) -> None:
        self.save(Workspace(workspace_id=workspace_id))

    def _member(self, workspace_id: UUID, account_id: UUID) -> Member:
        return self.load(Member, Member.create_id(workspace_id, account_id))
