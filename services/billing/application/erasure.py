from datetime import datetime
from uuid import UUID

from services.billing.application.invoices import ReadsInvoices
from services.billing.domain import BillingInfo


class Erasure(ReadsInvoices):
    def forget_workspace(self, workspace_id: UUID, now: datetime) -> None:
        """What it used is still charged. Whom invoices are made out to is forgotten where there are none: else books must be kept."""
        subscription = self.find_subscription(workspace_id)
        if subscription is not None:
            with self.settling():
                usage = self.used([(workspace_id, subscription.period)]).get(workspace_id, ())
                bill = subscription.end(usage)
                self.save(subscription, *self._issued([(subscription, bill, now)]))
        if not self.db or not self.invoices.of_workspace(workspace_id, 1, None)["items"]:
            self.forget(BillingInfo.create_id(workspace_id))
