from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from services.authz.application.groups import Groups
from services.authz.domain import Group, Member, Workspace
from services.chassis.errors import Conflict, NotFound


class Members(Groups):
    """What the service of workspaces told, once each and in its order."""

    def admit(self, workspace_id: UUID, account_id: UUID, role: str, group_ids: Sequence[UUID] = ()) -> None:
        """Whoever was here before begins anew: nothing that was given to him then is his again. ``group_ids``: what he is invited to."""
        if member := self.find(Member, Member.create_id(workspace_id, account_id)):
            member.admit(role)
        else:
            member = Member(workspace_id=workspace_id, account_id=account_id, role=role, tenure=1)
        groups = self._there_still(workspace_id, group_ids)
        for group in groups:
            group.welcome(account_id, member.tenure, self.settings.group_members)
        self.save(member, *groups)

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

    def _there_still(self, workspace_id: UUID, group_ids: Sequence[UUID]) -> list[Group]:
        found = []
        for group_id in group_ids:
            with suppress(NotFound, Conflict):
                found.append(self._group(workspace_id, group_id))
        return found

    def _member(self, workspace_id: UUID, account_id: UUID) -> Member:
        return self.load(Member, Member.create_id(workspace_id, account_id))
