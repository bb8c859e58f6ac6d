"""What is charged for what, line by line: from the state before an event and the event, so that anybody can work it out again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.billing.domain.offer import Offer
from services.billing.domain.period import Period

Line = dict[str, Any]
# What is left of an amount that a workspace is owed, and the event that it comes from.
Credit = dict[str, Any]

SEATS, USAGE, CREDIT, CORRECTION = "seats", "usage", "credit", "correction"


@dataclass(frozen=True, slots=True)
class Used:
    """How much of a metric was used in one period, and the events that say so."""

    metric: str
    quantity: int
    sources: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Bill:
    """``source``: the event it comes from. ``lines`` are empty when nothing is to be paid; ``credits`` are those left afterwards."""

    source: str
    lines: Sequence[Line]
    credits: Sequence[Credit]

    @property
    def total(self) -> int:
        return sum(line["amount"] for line in self.lines)

    @classmethod
    def of(cls, lines: Sequence[Line], credits: Sequence[Credit], source: str) -> "Bill":
        """The oldest credits pay first. What is owed to the workspace is kept for later, never paid out."""
        charged = [line for line in lines if line["amount"]]
        net = sum(line["amount"] for line in charged)
        if net <= 0:
            return cls(source, [], [*credits, *([{"amount": -net, "source": source}] if net else [])])
        return cls(source, *_paid(charged, net, credits))


def _paid(charged: list[Line], net: int, credits: Sequence[Credit]) -> tuple[list[Line], list[Credit]]:
    lines, left = list(charged), []
    for credit in credits:
        used = min(credit["amount"], net)
        net -= used
        if used:
            lines.append(_line(CREDIT, -used, sources=[credit["source"]]))
        if used < credit["amount"]:
            left.append({**credit, "amount": credit["amount"] - used})
    return lines, left


def for_seats(offer: Offer, count: int, period: Period, day: date, source: str) -> list[Line]:
    """From that day to the end of the period; a negative count gives them back."""
    days = period.left(day)
    if not offer.seat_price or not count:
        return []
    amount = offer.seats(count, days, period.days)
    told = {"plan": offer.plan, "quantity": count, "unit_price": offer.seat_price, "days": days, "of_days": period.days}
    return [_line(SEATS, amount, sources=[source], starts_on=str(period.within(day)), ends_on=str(period.ends_on), **told)]


def for_usage(offer: Offer, period: Period, usage: Iterable[Used]) -> list[Line]:
    return [
        _line(
            USAGE,
            price.amount(used.quantity),
            sources=list(used.sources),
            plan=offer.plan,
            metric=used.metric,
            quantity=used.quantity,
            included=price.included,
            unit_price=price.price,
            per=price.per,
            starts_on=str(period.starts_on),
            ends_on=str(period.ends_on),
        )
        for used in sorted(usage, key=lambda used: used.metric)
        if (price := offer.usage.get(used.metric)) is not None
    ]


def correction(amount: int, reason: str, source: str) -> Line:
    return _line(CORRECTION, amount, sources=[source], reason=reason)


def _line(kind: str, amount: int, **told: Any) -> Line:
    return {"kind": kind, "amount": amount, **told}


def credit_left(credits: Iterable[Mapping[str, Any]]) -> int:
    return sum(credit["amount"] for credit in credits)
