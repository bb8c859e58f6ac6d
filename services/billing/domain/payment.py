from datetime import datetime, timedelta
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from services.chassis.domain import Aggregate, event

# After the first failure; the days of grace are over a day after the last.
RETRIES = tuple(timedelta(days=days) for days in (1, 2, 3, 4))


class Payment(Aggregate):
    """What was done to have one invoice paid, try by try. A try that was begun has one end, and no other begins before it."""

    TOPIC = "billing.payment"

    class Created(Aggregate.Created):
        TOPIC = "billing.payment.opened"
        workspace_id: UUID
        number: str

    class Begun(Aggregate.Event):
        TOPIC = "billing.payment.begun"
        workspace_id: UUID
        number: str
        attempt: int
        customer: str
        amount: int
        currency: str

    class Succeeded(Aggregate.Event):
        TOPIC = "billing.payment.succeeded"
        workspace_id: UUID
        number: str
        attempt: int
        reference: str

    class Declined(Aggregate.Event):
        """``retry_at``: when the next try is due by itself, None if none is."""

        TOPIC = "billing.payment.declined"
        workspace_id: UUID
        number: str
        attempt: int
        reference: str
        reason: str
        declined_at: datetime
        retry_at: datetime | None

    class Postponed(Aggregate.Event):
        TOPIC = "billing.payment.postponed"
        workspace_id: UUID
        number: str
        until: datetime

    @event(Created)
    def __init__(self, workspace_id: UUID, number: str) -> None:
        self.workspace_id, self.number = workspace_id, number
        self.attempt = 0
        self.pending = False
        self.customer, self.amount, self.currency = "", 0, ""
        self.first_failed_at: datetime | None = None
        self.references: list[str] = []
        self.postponed = False

    @staticmethod
    def create_id(number: str) -> UUID:
        return uuid5(NAMESPACE_URL, f"/billing/payments/{number}")

    def postpone(self, until: datetime) -> None:
        """For somebody who has given no card yet."""
        if not self.postponed:
            self._postponed(self.workspace_id, self.number, until)

    def begin(self, customer: str, amount: int, currency: str) -> Literal["begun", "again"]:
        """``again``: one was begun before, of which nobody knows yet what came of it."""
        if self.pending:
            return "again"
        self._begun(self.workspace_id, self.number, self.attempt + 1, customer, amount, currency)
        return "begun"

    def succeed(self, attempt: int, reference: str) -> bool:
        """False if that is known; whichever try it was, the money is there."""
        if reference in self.references:
            return False
        self._succeeded(self.workspace_id, self.number, attempt, reference)
        return True

    def decline(self, attempt: int, reference: str, reason: str, at: datetime) -> bool:
        """False if it has an end already: news comes late and more than once."""
        if not self.pending or attempt != self.attempt:
            return False
        self._declined(self.workspace_id, self.number, attempt, reference, reason, at, self._retry_at(at))
        return True

    def _retry_at(self, at: datetime) -> datetime | None:
        first = self.first_failed_at or at
        return next((first + later for later in RETRIES if first + later > at), None)

    @event(Begun)
    def _begun(self, workspace_id: UUID, number: str, attempt: int, customer: str, amount: int, currency: str) -> None:
        self.attempt, self.pending = attempt, True
        self.customer, self.amount, self.currency = customer, amount, currency

    @event(Succeeded)
    def _succeeded(self, workspace_id: UUID, number: str, attempt: int, reference: str) -> None:
        self.references.append(reference)
        self.pending = self.pending and attempt != self.attempt

    @event(Declined)
    def _declined(
        self,
        workspace_id: UUID,
        number: str,
        attempt: int,
        reference: str,
        reason: str,
        declined_at: datetime,
        retry_at: datetime | None,
    ) -> None:
        self.pending = False
        self.first_failed_at = self.first_failed_at or declined_at

    @event(Postponed)
    def _postponed(self, workspace_id: UUID, number: str, until: datetime) -> None:
        self.postponed = True
