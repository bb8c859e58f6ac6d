from datetime import datetime
from uuid import UUID

from services.billing.application.closing import BATCH
from services.billing.application.subscriptions import Subscriptions
from services.billing.domain import Bill, Subscription


class Payments(Subscriptions):
    """What providers of payments tell of. Every one of these does nothing when it is told again."""

    def record_payment(self, number: str, paid_at: datetime, reference: str) -> bool:
        """Whether that is news. Opens a closed subscription again once nothing is left that failed to be paid."""
        invoice = self.find_invoice(number)
        if not invoice.pay(paid_at, reference):
            return False
        with self.settling():
            subscription = self._subscription(invoice.workspace_id)
            bill = self._settled(subscription, number, paid_at)
            self.save(invoice, subscription, *self._issued([(subscription, bill, paid_at)]))
        return True

    def _settled(self, subscription: Subscription, number: str, now: datetime) -> Bill | None:
        usage = self.used([(subscription.workspace_id, subscription.period)]).get(subscription.workspace_id, ())
        return subscription.settle(number, usage, now)

    def payment_failed(self, number: str, at: datetime, reason: str) -> bool:
        """Whether that is news. The first failure begins the days of grace."""
        invoice = self.find_invoice(number)
        if not invoice.fail(at, reason):
            return False
        subscription = self._subscription(invoice.workspace_id)
        subscription.fall_due(number, at)
        self.save(invoice, subscription)
        return True

    def close_overdue(self, now: datetime) -> int:
        """Closes the subscriptions whose days of grace are over; returns how many."""
        closed = 0
        while done := sum(self.close_if_overdue(id, now) for id in self.subscriptions.overdue(now, BATCH)):
            closed += done
        return closed

    def close_if_overdue(self, workspace_id: UUID, now: datetime) -> bool:
        subscription = self._subscription(workspace_id)
        subscription.close(now)
        return self._saved(subscription)
