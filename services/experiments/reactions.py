"""What experiments do when they hear of workspaces and accounts that are gone."""

from uuid import UUID

from services.chassis.projections import on
from services.chassis.public import PublicEvent
from services.chassis.reactions import Reaction
from services.experiments.application import Experiments


class Endings(Reaction):
    name = "endings"
    sources = ("identity", "workspaces")
    app: Experiments

    @on("workspaces.workspace.deleted")
    def forget_workspace(self, event: PublicEvent) -> None:
        self.app.forget_workspace(UUID(event.workspace_id))

    @on("identity.account.erased")
    def forget_account(self, event: PublicEvent) -> None:
        self.app.forget_account(UUID(event.data["account_id"]))
