"""What the vault does when it hears of accounts and workspaces that are gone."""

from uuid import UUID

from services.chassis.projections import on
from services.chassis.public import PublicEvent
from services.chassis.reactions import Reaction
from services.vault.application import Vault


class Endings(Reaction):
    name = "endings"
    sources = ("identity", "workspaces")
    app: Vault

    @on("identity.account.erased")
    def forget_account(self, event: PublicEvent) -> None:
        self.app.forget_account(UUID(event.data["account_id"]))

    @on("workspaces.workspace.deleted")
    def forget_workspace(self, event: PublicEvent) -> None:
        self.app.forget_workspace(UUID(event.workspace_id))
