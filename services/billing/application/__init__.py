"""Every use case of this service, one module for each thing they are about. Time is given to each, never read."""

from datetime import datetime

from services.billing.application.billing_info import KeepsBillingInfo
from services.billing.application.charges import Charges
from services.billing.application.payments import Payments
from services.billing.application.usage import CountsUsage


class Billing(CountsUsage, Charges, Payments, KeepsBillingInfo):
    name = "billing"

    def tidy(self, now: datetime) -> None:
        super().tidy(now)
        self.close_due(now)
        self.close_overdue(now)


__all__ = ["Billing"]
