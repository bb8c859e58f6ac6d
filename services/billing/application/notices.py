from datetime import datetime
from uuid import UUID

from services.billing.application.charges import Charges
from services.billing.application.closing import BATCH
from services.billing.application.invoices import ReadsInvoices
from services.chassis.views import Row


class Notices(Charges, ReadsInvoices):
    def announce_renewals(self, now: datetime) -> int:
        """Seven days before a period that will be charged; once for each. Returns how many."""
        announced = 0
        while done := sum(self.announce_renewal(id) for id in self.subscriptions.unannounced(now, BATCH)):
            announced += done
        return announced

    def announce_renewal(self, workspace_id: UUID) -> bool:
        subscription = self._subscription(workspace_id)
        subscription.announce_renewal()
        return self._saved(subscription)

    def renewal_letter(self, workspace_id: UUID, ends_on: str) -> Row | None:
        """What is going to be charged, and whom to tell; None if it is over, or nobody is known who could be told."""
        subscription, email = self._subscription(workspace_id), self.contact(workspace_id).get("email")
        over = str(subscription.period.ends_on) != ends_on
        return None if over or not email else self.estimate(subscription) | {"email": email}
