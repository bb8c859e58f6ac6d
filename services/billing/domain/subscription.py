from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid5

from services.billing.domain import bill
from services.billing.domain.bill import Bill, Credit, Line, Used
from services.billing.domain.offer import Limits, Offer
from services.billing.domain.period import Period, begins_at, local_day
from services.chassis.domain import Aggregate, event
from services.chassis.errors import Conflict, LimitExceeded

ACTIVE, PAST_DUE, CLOSED, ENDED = "active", "past_due", "closed", "ended"
GRACE = timedelta(days=5)


class Subscription(Aggregate):
    """The plan and seats of one workspace, period by period."""

    TOPIC = "billing.subscription"

    class Created(Aggregate.Created):
        TOPIC = "billing.subscription.started"
        workspace_id: UUID
        offer: dict[str, Any]
        seats: int
        zone: str
        starts_on: str
        ends_on: str
        ends_at: datetime

    class TermsAccepted(Aggregate.Event):
        TOPIC = "billing.terms.accepted"
        workspace_id: UUID
        account_id: UUID
        terms: str

    class Changed(Aggregate.Event):
        """``day``: from which on it counts. ``credits``: all that are left after it."""

        TOPIC = "billing.subscription.changed"
        workspace_id: UUID
        offer: dict[str, Any]
        seats: int
        zone: str
        day: str
        starts_on: str
        ends_on: str
        ends_at: datetime
        credits: list[dict[str, Any]]

    class DowngradePlanned(Aggregate.Event):
        TOPIC = "billing.downgrade.planned"
        workspace_id: UUID
        offer: dict[str, Any]
        seats: int

    class DowngradeDropped(Aggregate.Event):
        TOPIC = "billing.downgrade.dropped"
        workspace_id: UUID

    class RenewalAnnounced(Aggregate.Event):
        TOPIC = "billing.renewal.announced"
        workspace_id: UUID
        ends_on: str

    class Renewed(Aggregate.Event):
        """A planned downgrade counts from here on: what it is was said when it was planned."""

        TOPIC = "billing.subscription.renewed"
        workspace_id: UUID
        plan: str
        version: int
        costs: bool
        seats: int
        starts_on: str
        ends_on: str
        ends_at: datetime
        credits: list[dict[str, Any]]

    class PastDue(Aggregate.Event):
        TOPIC = "billing.subscription.past_due"
        workspace_id: UUID
        number: str
        until: datetime

    class Settled(Aggregate.Event):
        """An invoice that had failed to be paid is paid; so many such are left."""

        TOPIC = "billing.subscription.settled"
        workspace_id: UUID
        number: str
        left: int

    class Closed(Aggregate.Event):
        TOPIC = "billing.subscription.closed"
        workspace_id: UUID

    class Reopened(Aggregate.Event):
        TOPIC = "billing.subscription.reopened"
        workspace_id: UUID
        plan: str
        version: int
        costs: bool
        seats: int
        starts_on: str
        ends_on: str
        ends_at: datetime
        credits: list[dict[str, Any]]

    class Credited(Aggregate.Event):
        """By a credit note on an invoice that was paid."""

        TOPIC = "billing.subscription.credited"
        workspace_id: UUID
        number: str
        amount: int

    class Ended(Aggregate.Event):
        TOPIC = "billing.subscription.ended"
        workspace_id: UUID
        credits: list[dict[str, Any]]

    class LimitsChanged(Aggregate.Event):
        TOPIC = "billing.limits.changed"
        workspace_id: UUID
        members: int | None
        storage: int | None
        api_calls: int | None

    @event(Created)
    def __init__(
        self, workspace_id: UUID, offer: dict[str, Any], seats: int, zone: str, starts_on: str, ends_on: str, ends_at: datetime
    ) -> None:
        self.workspace_id, self.zone = workspace_id, zone
        self._holds(offer, seats)
        self._runs(starts_on, ends_on, ends_at)
        self.anchor = self.period.starts_on.day
        self.planned: tuple[Offer, int] | None = None
        self.credits: list[Credit] = []
        self.terms: str | None = None
        self.status = ACTIVE
        self.failing: list[str] = []
        self.grace_until: datetime | None = None
        self.announced = ""
        self.told_limits = Limits()

    @staticmethod
    def create_id(workspace_id: UUID) -> UUID:
        """Derived, so that a workspace never has two of them."""
        return uuid5(workspace_id, "subscription")

    @classmethod
    def start(cls, workspace_id: UUID, offer: Offer, zone: str, now: datetime) -> Self:
        """Of a plan that costs nothing: anything else is bought afterwards."""
        period = Period.first(local_day(now, zone))
        made = cls(workspace_id=workspace_id, offer=offer.to_dict(), seats=0, zone=zone, **_run(period, zone))
        made._tell_limits()
        return made

    @property
    def limits(self) -> Limits:
        """Once a downgrade is planned nobody comes who would be too many after it."""
        members = [self.offer.member_limit(self.seats)]
        if self.planned:
            members.append(self.planned[0].member_limit(self.planned[1]))
        known = [most for most in members if most is not None]
        return Limits(min(known) if known else None, self.offer.limits.storage, self.offer.limits.api_calls)

    def day(self, now: datetime) -> date:
        return self.period.within(local_day(now, self.zone))

    def due(self, now: datetime) -> bool:
        return self.status in (ACTIVE, PAST_DUE) and now >= self.ends_at

    def accept_terms(self, terms: str, account_id: UUID) -> None:
        if terms != self.terms:
            self._terms_accepted(self.workspace_id, account_id, terms)

    def change(self, offer: Offer, seats: int, zone: str, now: datetime) -> Bill:
        """At once; what is charged, or kept as a credit, is for the rest of the period by days."""
        if self.planned:
            self._downgrade_dropped(self.workspace_id)
        restarts = offer.costs and not self.offer.costs
        period = Period.first(local_day(now, zone)) if restarts else self.period
        zone = zone if restarts else self.zone
        day = period.starts_on if restarts else self.day(now)
        made = self._billed(self._lines_of_change(offer, seats, period, day, self._next))
        self._changed(self.workspace_id, offer.to_dict(), seats, zone, str(day), **_run(period, zone), credits=[*made.credits])
        self._tell_limits()
        return made

    def _lines_of_change(self, offer: Offer, seats: int, period: Period, day: date, source: str) -> list[Line]:
        if offer == self.offer:
            return bill.for_seats(offer, seats - self.seats, period, day, source)
        given_back = bill.for_seats(self.offer, -self.seats, period, day, source) if period == self.period else []
        return [*given_back, *bill.for_seats(offer, seats, period, day, source)]

    def plan_downgrade(self, offer: Offer, seats: int) -> None:
        """From the next period on."""
        if self.planned != (offer, seats):
            self._downgrade_planned(self.workspace_id, offer.to_dict(), seats)
            self._tell_limits()

    def drop_downgrade(self) -> None:
        if self.planned:
            self._downgrade_dropped(self.workspace_id)
            self._tell_limits()

    def announce_renewal(self) -> None:
        if self.announced != str(self.period.ends_on):
            self._renewal_announced(self.workspace_id, str(self.period.ends_on))

    def renew(self, usage: Iterable[Used]) -> Bill:
        """The next period begins where this one ends, however late somebody gets to it."""
        period = self.period.next(self.anchor)
        made = self._billed(self._lines_of_period(period, usage, self._next))
        self._renewed(self.workspace_id, **self._on(*self.next), **_run(period, self.zone), credits=[*made.credits])
        self._tell_limits()
        return made

    def _lines_of_period(self, period: Period, usage: Iterable[Used], source: str) -> list[Line]:
        """What was used up in this period, and the seats of the next."""
        offer, seats = self.next
        return [*bill.for_usage(self.offer, self.period, usage), *bill.for_seats(offer, seats, period, period.starts_on, source)]

    @property
    def next(self) -> tuple[Offer, int]:
        return self.planned or (self.offer, self.seats)

    def fall_due(self, number: str, at: datetime) -> None:
        """A payment has failed. The days of grace count from the first that did."""
        if number not in self.failing and self.status != ENDED:
            self._past_due(self.workspace_id, number, self.grace_until or at + GRACE)

    def close(self, now: datetime) -> None:
        if self.status == PAST_DUE and self.grace_until and now >= self.grace_until:
            self._closed(self.workspace_id)

    def settle(self, number: str, usage: Iterable[Used], now: datetime) -> Bill | None:
        """It is paid after all. If everything is and the subscription was closed, it goes on: in its period, or in a new one from today."""
        if number not in self.failing:
            return None
        self._settled(self.workspace_id, number, len(self.failing) - 1)
        return self._reopen(usage, now) if self.status == CLOSED and not self.failing else None

    def _reopen(self, usage: Iterable[Used], now: datetime) -> Bill:
        day = local_day(now, self.zone)
        over = day >= self.period.ends_on
        period = Period.first(day) if over else self.period
        made = self._billed(self._lines_of_period(period, usage, self._next) if over else [])
        on = self._on(*(self.next if over else (self.offer, self.seats)))
        self._reopened(self.workspace_id, **on, **_run(period, self.zone), credits=[*made.credits])
        self._tell_limits()
        return made

    def credit(self, number: str, amount: int) -> None:
        self._credited(self.workspace_id, number, amount)

    def end(self, usage: Iterable[Used]) -> Bill | None:
        """Its workspace is gone. What was used up is still charged; seats are not given back."""
        if self.status == ENDED:
            return None
        made = self._billed(bill.for_usage(self.offer, self.period, usage))
        self._ended(self.workspace_id, [*made.credits])
        return made

    def check_seats(self, offer: Offer, seats: int, taken: int) -> None:
        """``taken``: members and pending invitations."""
        most = offer.limits.members
        if most is not None and (seats > most or taken > most):
            raise LimitExceeded(
                "member_limit_reached", f"the plan {offer.plan} has room for {most} members and pending invitations", {"limit": most}
            )
        if offer.seat_price and seats < max(1, taken):
            detail = f"there are {taken} members and pending invitations: remove or withdraw some first, or take {max(1, taken)} seats"
            raise Conflict("seats_below_use", detail, {"seats_used": taken})

    def check_open(self) -> None:
        if self.status in (CLOSED, ENDED):
            raise Conflict("subscription_closed", "pay the open invoices first", {"invoices": self.failing})

    def lines_of(self, said: Any, usage: Callable[[], Iterable[Used]], source: str) -> list[Line]:
        """What this event, were it the next one, has to be charged with: the same again for whoever recounts."""
        if isinstance(said, Subscription.Ended):
            return bill.for_usage(self.offer, self.period, usage())
        period = _period(said.starts_on, said.ends_on, self.zone)
        if isinstance(said, Subscription.Changed):
            return self._lines_of_change(Offer.from_dict(said.offer), said.seats, period, date.fromisoformat(said.day), source)
        return [] if period == self.period else self._lines_of_period(period, usage(), source)

    def _billed(self, lines: list[Line]) -> Bill:
        return Bill.of(lines, self.credits, self._next)

    @property
    def _next(self) -> str:
        """The event that comes next, as lines name it."""
        return f"{self.id}:{self.version + 1}"

    @staticmethod
    def _on(offer: Offer, seats: int) -> dict[str, Any]:
        return {"plan": offer.plan, "version": offer.version, "costs": offer.costs, "seats": seats}

    def _tell_limits(self) -> None:
        if (limits := self.limits) != self.told_limits:
            self._limits_changed(self.workspace_id, limits.members, limits.storage, limits.api_calls)

    def _holds(self, offer: dict[str, Any], seats: int) -> None:
        self.offer, self.seats = Offer.from_dict(offer), seats

    def _runs(self, starts_on: str, ends_on: str, ends_at: datetime) -> None:
        self.period, self.ends_at = _period(starts_on, ends_on, self.zone), ends_at

    @event(TermsAccepted)
    def _terms_accepted(self, workspace_id: UUID, account_id: UUID, terms: str) -> None:
        self.terms = terms

    @event(Changed)
    def _changed(
        self,
        workspace_id: UUID,
        offer: dict[str, Any],
        seats: int,
        zone: str,
        day: str,
        starts_on: str,
        ends_on: str,
        ends_at: datetime,
        credits: list[dict[str, Any]],
    ) -> None:
        if starts_on != str(self.period.starts_on):
            self.anchor = date.fromisoformat(starts_on).day
        self.zone, self.credits = zone, credits
        self._holds(offer, seats)
        self._runs(starts_on, ends_on, ends_at)

    @event(DowngradePlanned)
    def _downgrade_planned(self, workspace_id: UUID, offer: dict[str, Any], seats: int) -> None:
        self.planned = Offer.from_dict(offer), seats

    @event(DowngradeDropped)
    def _downgrade_dropped(self, workspace_id: UUID) -> None:
        self.planned = None

    @event(RenewalAnnounced)
    def _renewal_announced(self, workspace_id: UUID, ends_on: str) -> None:
        self.announced = ends_on

    @event(Renewed)
    def _renewed(
        self,
        workspace_id: UUID,
        plan: str,
        version: int,
        costs: bool,
        seats: int,
        starts_on: str,
        ends_on: str,
        ends_at: datetime,
        credits: list[dict[str, Any]],
    ) -> None:
        self.offer, self.seats = self.next
        self._runs(starts_on, ends_on, ends_at)
        self.credits, self.planned = credits, None

    @event(PastDue)
    def _past_due(self, workspace_id: UUID, number: str, until: datetime) -> None:
        self.failing = [*self.failing, number]
        self.grace_until = until
        self.status = CLOSED if self.status == CLOSED else PAST_DUE

    @event(Settled)
    def _settled(self, workspace_id: UUID, number: str, left: int) -> None:
        self.failing = [each for each in self.failing if each != number]
        if not self.failing and self.status == PAST_DUE:
            self.status, self.grace_until = ACTIVE, None

    @event(Closed)
    def _closed(self, workspace_id: UUID) -> None:
        self.status = CLOSED

    @event(Reopened)
    def _reopened(
        self,
        workspace_id: UUID,
        plan: str,
        version: int,
        costs: bool,
        seats: int,
        starts_on: str,
        ends_on: str,
        ends_at: datetime,
        credits: list[dict[str, Any]],
    ) -> None:
        if starts_on != str(self.period.starts_on):
            self.offer, self.seats = self.next
            self.anchor, self.planned = date.fromisoformat(starts_on).day, None
        self._runs(starts_on, ends_on, ends_at)
        self.credits, self.status, self.grace_until = credits, ACTIVE, None

    @event(Credited)
    def _credited(self, workspace_id: UUID, number: str, amount: int) -> None:
        self.credits = [*self.credits, {"amount": amount, "source": f"{self.id}:{self.version + 1}"}]

    @event(Ended)
    def _ended(self, workspace_id: UUID, credits: list[dict[str, Any]]) -> None:
        self.credits, self.status = credits, ENDED

    @event(LimitsChanged)
    def _limits_changed(self, workspace_id: UUID, members: int | None, storage: int | None, api_calls: int | None) -> None:
        self.told_limits = Limits(members, storage, api_calls)


def _period(starts_on: str, ends_on: str, zone: str) -> Period:
    return Period(date.fromisoformat(starts_on), date.fromisoformat(ends_on), zone)


def _run(period: Period, zone: str) -> dict[str, Any]:
    return {"starts_on": str(period.starts_on), "ends_on": str(period.ends_on), "ends_at": begins_at(period.ends_on, zone)}
