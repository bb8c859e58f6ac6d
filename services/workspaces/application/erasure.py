from datetime import datetime
from uuid import UUID

from services.workspaces.application.shared import Shared, account_key
from services.workspaces.domain import FormerAccount, Invitation, Workspace


class Erasure(Shared):
    def forget_account(self, account_id: UUID, address_ids: list[UUID], now: datetime) -> None:
        """Ends its memberships, personal workspace and invitations, and makes its addresses unreadable. A repeat changes nothing."""
        # Whoever is making a member of it just now is awaited; whoever begins later finds that it is gone.
        with self.database.turn(account_key(account_id)):
            known = self.find(FormerAccount, FormerAccount.create_id(account_id))
            workspaces = [self._without(account_id, workspace_id, now) for workspace_id in self.views.ids_of(account_id)]
            invitations = [self.load(Invitation, invitation_id) for invitation_id in self.views.readable_invitations_to(address_ids)]
            for invitation in invitations:
                invitation.erase()
            slugs = [self._released(workspace) for workspace in workspaces if workspace.deleted]
            self.save(known or FormerAccount(account_id=account_id), *workspaces, *slugs, *invitations)
            self.forget(account_id, *(subject for invitation in invitations for subject in invitation.subjects()))

    def _without(self, account_id: UUID, workspace_id: UUID, now: datetime) -> Workspace:
        workspace = self._workspace(workspace_id)
        workspace.bereave(account_id, now)
        return workspace
