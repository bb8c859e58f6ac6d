from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from eventsourcing.utils import get_topic

from services.billing.application.usage import CountsUsage, sourced
from services.billing.domain import CREDIT_NOTE, Bill, Invoice, Period, Subscription, Used
from services.billing.domain.bill import Line
from services.billing.domain.usage import Tally

_PAGE = 5_000
_CHARGING = (Subscription.Changed, Subscription.Renewed, Subscription.Reopened, Subscription.Ended)
_EVENTS: tuple[type, ...] = (
    *(value for value in vars(Subscription).values() if isinstance(value, type) and issubclass(value, Subscription.Event)),
    Invoice.Created,
    Invoice.Credited,
)


@dataclass
class Recounted:
    invoices: int = 0
    events: int = 0
    differences: list[str] = field(default_factory=list)


class Recounts(CountsUsage):
    def recount(self) -> Recounted:
        """Works every invoice out again from the log, and says where one differs; changes nothing."""
        recount = _Recount(self.tally())
        for event in self._told():
            recount.take(event)
        return recount.ended()

    def _told(self) -> Iterator[Any]:
        position, topics = 0, [get_topic(kind) for kind in _EVENTS]
        while page := self.recorder.select_notifications(position, _PAGE, topics=topics, inclusive_of_start=False):
            yield from (self.mapper.to_domain_event(each) for each in page)
            position = page[-1].id


class _Recount:
    """Follows the log: subscriptions as they were at each event, and the bills that had to come of it."""

    def __init__(self, tally: Tally) -> None:
        self._tally, self._told = tally, Recounted()
        self._subscriptions: dict[UUID, Subscription] = {}
        self._bills: dict[str, Bill] = {}
        self._notes: dict[str, int] = {}
        self._sequence = 0

    def take(self, event: Any) -> None:
        self._told.events += 1
        if isinstance(event, Invoice.Created):
            self._invoice(event)
        elif isinstance(event, Invoice.Credited):
            self._notes[event.by] = event.amount
        else:
            self._subscription(event)

    def ended(self) -> Recounted:
        for source, bill in self._bills.items():
            self._differs(f"the event {source} should have brought an invoice over {bill.total}")
        return self._told

    def _subscription(self, event: Any) -> None:
        known = self._subscriptions.get(event.originator_id)
        if known is not None and isinstance(event, _CHARGING):
            source = f"{event.originator_id}:{event.originator_version}"
            bill = Bill.of(self._lines(known, event, source), known.credits, source)
            if [*bill.credits] != event.credits:
                self._differs(f"the event {source} leaves {event.credits} as credits instead of {[*bill.credits]}")
            if bill.lines:
                self._bills[source] = bill
        self._subscriptions[event.originator_id] = event.mutate(known)

    def _lines(self, before: Subscription, event: Any, source: str) -> list[Line]:
        """As the subscription made them, from what it was before and what the event says."""
        return before.lines_of(event, lambda: self._used(before.workspace_id, before.period), source)

    def _used(self, workspace_id: UUID, period: Period) -> list[Used]:
        return sourced(workspace_id, period, self._tally.figures(workspace_id, period.begins_at, period.ends_at))

    def _invoice(self, event: Invoice.Created) -> None:
        self._told.invoices += 1
        if event.sequence != self._sequence + 1:
            self._differs(f"{event.number} is the document {event.sequence} and comes after {self._sequence}")
        self._sequence = event.sequence
        if event.total != sum(line["amount"] for line in event.lines):
            self._differs(f"{event.number}: its lines do not add up to {event.total}")
        if event.kind == CREDIT_NOTE:
            self._note(event)
            return
        bill = self._bills.pop(event.cause, None)
        # Nothing happens to a subscription between a bill and its invoice, so it pays in the same currency still.
        currency = self._subscriptions[UUID(event.cause.partition(":")[0])].offer.currency if bill else ""
        if bill is None:
            self._differs(f"{event.number}: the event {event.cause} charges nothing")
        elif [*bill.lines] != event.lines or currency != event.currency:
            self._differs(f"{event.number} says {event.total} {event.currency}, and {bill.total} {currency} comes out")

    def _note(self, event: Invoice.Created) -> None:
        if self._notes.pop(event.number, None) != -event.total:
            self._differs(f"{event.number} is over {event.total}, and {event.corrects} was credited another amount")

    def _differs(self, what: str) -> None:
        self._told.differences.append(what)
