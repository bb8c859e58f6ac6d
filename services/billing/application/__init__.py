"""Every use case of this service, one module for each thing they are about. Time is given to each, never read."""

from datetime import datetime

from services.billing.application.billing_info import KeepsBillingInfo
from services.billing.application.charges import Charges
from services.billing.application.collecting import Collecting


class Billing(Charges, Collecting, KeepsBillingInfo):
    name = "billing"
    # Whoever has just given a card waits for what it pays.
    tidy_every = 5.0

    def tidy(self, now: datetime) -> None:
        super().tidy(now)
        self.close_due(now)
        self.collect_due(now)
        self.close_overdue(now)


__all__ = ["Billing"]
