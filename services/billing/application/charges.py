from datetime import datetime
from uuid import UUID

from services.billing.application.subscriptions import Subscriptions
from services.billing.domain import Subscription
from services.chassis.views import Row


class Charges(Subscriptions):
    def charges(self, workspace_id: UUID, now: datetime) -> Row:
        """The invoice that the end of this period would bring if nothing changes any more: worked out as that one will be."""
        return self.estimate(self.as_of(workspace_id, now))

    def estimate(self, subscription: Subscription) -> Row:
        """Renews it, unsaved."""
        ends_on, ends_at = subscription.period.ends_on, subscription.ends_at
        usage = self.used([(subscription.workspace_id, subscription.period)]).get(subscription.workspace_id, ())
        bill = subscription.renew(usage)
        return {
            "plan": subscription.offer.plan,
            "currency": subscription.offer.currency,
            "lines": [*bill.lines],
            "total": bill.total,
            "credit": sum(credit["amount"] for credit in bill.credits),
            "ends_on": str(ends_on),
            "ends_at": ends_at,
        }
