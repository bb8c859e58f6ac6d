from uuid import UUID

from services.vault.application.shared import Shared


class Erasure(Shared):
    """Whatever goes with an account or a workspace: its keys first, so that nobody opens it any more. A repeat changes nothing."""

    def forget_account(self, account_id: UUID) -> None:
        with self.database.transaction():
            self.sealing.destroy_of(owner_id=account_id)
            self.save(*self.ended_with_account(account_id))
            self.forget(account_id)

    def forget_workspace(self, workspace_id: UUID) -> None:
        with self.database.transaction():
            self.sealing.destroy_of(workspace_id=workspace_id)
            self.save(*self.ended_with_workspace(workspace_id))
            self.forget(workspace_id)
