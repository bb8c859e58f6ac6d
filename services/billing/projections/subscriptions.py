from typing import Any

from services.billing.domain import ACTIVE, CLOSED, ENDED, PAST_DUE, Offer, Subscription
from services.billing.views.subscriptions import subscriptions
from services.chassis.history import Streams
from services.chassis.projections import Projection, on
from services.chassis.views import Rows


class Subscriptions(Projection):
    name, tables = "subscriptions", (subscriptions,)
    bulky = True

    @on(Subscription.Created)
    def started(self, event: Subscription.Created, rows: Rows) -> None:
        rows.put(
            subscriptions,
            workspace_id=event.workspace_id,
            plan=event.offer["plan"],
            costs=Offer.from_dict(event.offer).costs,
            status=ACTIVE,
            ends_at=event.ends_at,
            announced=False,
            grace_until=None,
        )

    @on(Subscription.Changed)
    def changed(self, event: Subscription.Changed, rows: Rows) -> None:
        _change(event, rows, plan=event.offer["plan"], costs=Offer.from_dict(event.offer).costs, ends_at=event.ends_at)

    @on(Subscription.RenewalAnnounced)
    def announced(self, event: Subscription.RenewalAnnounced, rows: Rows) -> None:
        _change(event, rows, announced=True)

    @on(Subscription.Renewed)
    def renewed(self, event: Subscription.Renewed, rows: Rows) -> None:
        _change(event, rows, plan=event.plan, costs=event.costs, ends_at=event.ends_at, announced=False)

    @on(Subscription.PastDue)
    def past_due(self, event: Subscription.PastDue, rows: Rows) -> None:
        where = {"workspace_id": event.workspace_id, "status": ACTIVE}
        rows.change_where(subscriptions, where, status=PAST_DUE, grace_until=event.until)

    @on(Subscription.Settled)
    def settled(self, event: Subscription.Settled, rows: Rows) -> None:
        if not event.left:
            where = {"workspace_id": event.workspace_id, "status": PAST_DUE}
            rows.change_where(subscriptions, where, status=ACTIVE, grace_until=None)

    @on(Subscription.Closed)
    def closed(self, event: Subscription.Closed, rows: Rows) -> None:
        _change(event, rows, status=CLOSED)

    @on(Subscription.Reopened)
    def reopened(self, event: Subscription.Reopened, rows: Rows) -> None:
        going_on = {"plan": event.plan, "costs": event.costs, "ends_at": event.ends_at}
        _change(event, rows, **going_on, status=ACTIVE, announced=False, grace_until=None)

    @on(Subscription.Ended)
    def ended(self, event: Subscription.Ended, rows: Rows) -> None:
        _change(event, rows, status=ENDED)


class SubscriptionStreams(Streams):
    @on(Subscription.Created)
    def started(self, event: Subscription.Created, rows: Rows) -> None:
        self.note(event.workspace_id, event, rows)


def _change(event: Any, rows: Rows, **values: Any) -> None:
    rows.change(subscriptions, {"workspace_id": event.workspace_id}, **values)
