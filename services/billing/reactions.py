"""What billing does when it hears of workspaces."""

from datetime import UTC, datetime
from uuid import UUID

from services.billing.application import Billing
from services.chassis.projections import on
from services.chassis.public import PublicEvent
from services.chassis.reactions import Reaction


class Workspaces(Reaction):
    name = "workspaces"
    sources = ("workspaces",)
    app: Billing

    @on("workspaces.workspace.created")
    def start_subscription(self, event: PublicEvent) -> None:
        self.app.start_subscription(UUID(event.workspace_id), datetime.now(UTC))
