"""What billing does when it hears of workspaces, and of what its payment provider told."""

from datetime import UTC, datetime
from uuid import UUID

from services.billing.application import Billing
from services.billing.payments import Notice
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


class Webhooks(Reaction):
    """Waits for a provider that is away: what it told is not to be lost."""

    name = "webhooks"
    sources = ("billing",)
    parks = False
    app: Billing

    @on("billing.webhook.received")
    def follow(self, event: PublicEvent) -> None:
        told = Notice(id=event.data["notice"], kind=event.data["kind"], subject=event.data["about"])
        self.app.follow(event.data["provider"], told, datetime.now(UTC))
