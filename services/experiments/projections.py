"""What others tell that decides about runs."""

from services.chassis.projections import Projection, on
from services.chassis.public import PublicEvent
from services.chassis.views import Rows
from services.experiments.views import closed_workspaces


class Closings(Projection):
    """Workspaces that have not paid: their projects are closed, and so are the runs in them."""

    name, tables, sources = "closings", (closed_workspaces,), ("billing",)

    @on("billing.subscription.closed")
    def closed(self, event: PublicEvent, rows: Rows) -> None:
        rows.put(closed_workspaces, workspace_id=event.workspace_id)

    @on("billing.subscription.reopened", "billing.subscription.ended")
    def over(self, event: PublicEvent, rows: Rows) -> None:
        rows.remove(closed_workspaces, workspace_id=event.workspace_id)
