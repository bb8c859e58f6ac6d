"""What identity does when it hears of memberships: key pairs of a workspace end with them.

The gateway refuses them from the moment a membership is over; this makes it so for good, also for who comes back.
"""

from uuid import UUID

from services.chassis.projections import on
from services.chassis.public import PublicEvent
from services.chassis.reactions import Reaction
from services.identity.application import Identity


class MembershipReactions(Reaction):
    name = "memberships"
    sources = ("workspaces",)
    app: Identity

    @on("workspaces.member.removed", "workspaces.member.left")
    def end_membership(self, event: PublicEvent) -> None:
        self.app.end_membership(UUID(event.workspace_id), UUID(event.data["account_id"]), event.time)

    @on("workspaces.workspace.deleted")
    def end_workspace(self, event: PublicEvent) -> None:
        self.app.end_workspace(UUID(event.workspace_id), event.time)
