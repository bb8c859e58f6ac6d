"""What billing does when it hears of workspaces, and of limits."""

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


class Limits(Reaction):
    """A plan with other limits: what was used up may not be any more, or now."""

    name = "limits"
    sources = ("billing",)
    app: Billing

    @on("billing.limits.changed")
    def judge_anew(self, event: PublicEvent) -> None:
        self.app.judge(UUID(event.workspace_id), datetime.now(UTC))
