"""Periods are counted in days of the workspace's own calendar; the instants at which they begin follow from its time zone."""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from typing import Self
from zoneinfo import ZoneInfo, available_timezones


@dataclass(frozen=True, slots=True)
class Period:
    """Up to, and without, ``ends_on``."""

    starts_on: date
    ends_on: date
    # Where it is told by instants.
    zone: str = field(default="UTC", compare=False)

    @classmethod
    def first(cls, day: date) -> Self:
        return cls(day, month_after(day, day.day))

    def next(self, anchor: int) -> Self:
        return type(self)(self.ends_on, month_after(self.ends_on, anchor), self.zone)

    @property
    def begins_at(self) -> datetime:
        return begins_at(self.starts_on, self.zone)

    @property
    def ends_at(self) -> datetime:
        return begins_at(self.ends_on, self.zone)

    @property
    def days(self) -> int:
        return (self.ends_on - self.starts_on).days

    def left(self, day: date) -> int:
        """Days from this one on, itself among them."""
        return (self.ends_on - self.within(day)).days

    def within(self, day: date) -> date:
        """The day, or the first or last one if it lies outside."""
        return min(max(day, self.starts_on), date.fromordinal(self.ends_on.toordinal() - 1))


def month_after(day: date, anchor: int) -> date:
    """The anchor's day in the month after, or that month's last: the 31st is the 28th of February and then the 31st again."""
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(anchor, monthrange(year, month)[1]))


def local_day(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=4_096)
def begins_at(day: date, zone: str) -> datetime:
    """The first moment of that day there. Where clocks skip midnight, the moment at which they do."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


@cache
def zones() -> frozenset[str]:
    """Every name such as Europe/Berlin. Looked for once: it takes a walk through the system's folders."""
    return frozenset(available_timezones())
