from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid5

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
        retry_at: datetime | None

    @event(Created)
    def __init__(self, workspace_id: UUID, number: str) -> None:
        self.workspace_id, self.number = workspace_id, number
        self.attempt = 0
        self.pending = False
        self.customer, self.amount, self.currency = "", 0, ""
        self.first_failed_at: datetime | None = None
        self.references: list[str] = []

    @staticmethod
    def create_id(invoice_id: UUID) -> UUID:
        return uuid5(invoice_id, "payment")

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
        self._declined(self.workspace_id, self.number, attempt, reference, reason, self._retry_at(at))
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
        self, workspace_id: UUID, number: str, attempt: int, reference: str, reason: str, retry_at: datetime | None
    ) -> None:
        self.pending = False
        if self.first_failed_at is None and retry_at is not None:
            self.first_failed_at = retry_at - RETRIES[0]
