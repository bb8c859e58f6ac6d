"""Every use case of this service, one module for each thing they are about. Time is given to each, never read."""

from datetime import datetime

from services.billing.application.billing_info import KeepsBillingInfo
from services.billing.application.collecting import Collecting
from services.billing.application.credit_notes import CreditNotes
from services.billing.application.erasure import Erasure
from services.billing.application.notices import Notices
from services.billing.application.recount import Recounts


class Billing(Recounts, Notices, CreditNotes, Erasure, KeepsBillingInfo, Collecting):
    name = "billing"
    # An invoice is paid soon after it is issued.
    tidy_every = 5.0

    def tidy(self, now: datetime) -> None:
        super().tidy(now)
        self.start_missing(now)
        self.close_due(now)
        self.announce_renewals(now)
        self.collect_due(now)
        self.close_overdue(now)


__all__ = ["Billing"]
