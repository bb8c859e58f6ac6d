"""What has to be paid, worked out once more by counting days on the fingers: nothing here comes from the code it is held against."""

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction

DAY = timedelta(days=1)


def whole(amount: Fraction) -> int:
    """Half a unit goes away from zero."""
    size = int(abs(amount) + Fraction(1, 2))
    return size if amount >= 0 else -size


def next_start(start: date, anchor: int) -> date:
    """Walks on, day by day, to the anchor's day of the month after, or that month's last day."""
    day = start + DAY
    while day.month == start.month:
        day += DAY
    while day.day != anchor and (day + DAY).month == day.month:
        day += DAY
    return day


class Naive:
    """One workspace. ``prices``: of a seat, by plan; a plan that is not there costs nothing."""

    def __init__(self, prices: dict[str, int], start: date) -> None:
        self.prices = prices
        self.plan, self.seats = "free", 0
        self.credit = 0
        self._begin(start)

    def _begin(self, start: date) -> None:
        self.start, self.anchor = start, start.day
        self.end = next_start(start, self.anchor)

    @property
    def days(self) -> list[date]:
        days, day = [], self.start
        while day < self.end:
            days.append(day)
            day += DAY
        return days

    def buy(self, plan: str, seats: int, day: date) -> int | None:
        """What is to be paid for it at once; None if there is no invoice."""
        if plan not in self.prices:
            return None
        if self.plan not in self.prices:
            self._begin(day)
            self.plan, self.seats = plan, 0
        left = Fraction(len([each for each in self.days if each >= day]), len(self.days))
        if plan == self.plan:
            amounts = [whole(self.prices[plan] * (seats - self.seats) * left)]
        else:
            amounts = [-whole(self.prices[self.plan] * self.seats * left), whole(self.prices[plan] * seats * left)]
        self.plan, self.seats = plan, seats
        return self._paid(amounts)

    def close(self, plan: str, seats: int, used: Iterable[int] = ()) -> int | None:
        """The end of the period; ``plan`` and ``seats`` are those of the next one, ``used`` what usage costs."""
        self.plan, self.seats = plan, seats
        self.start, self.end = self.end, next_start(self.end, self.anchor)
        return self._paid([*used, self.prices.get(plan, 0) * seats])

    def _paid(self, amounts: list[int]) -> int | None:
        net = sum(amounts)
        if net <= 0:
            self.credit -= net
            return None
        used = min(self.credit, net)
        self.credit -= used
        return net - used
