from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.billing.money import Money

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What stands on an invoice or credit note. ``events``: of each line, the ids of the events it comes from."""

    number: str
    kind: str
    corrects: str
    workspace_id: str
    currency: str
    lines: Sequence[Line]
    events: Sequence[Sequence[str]]
    total: int
    issued_at: datetime
    due_at: datetime
    issuer: str
    billed_to: Mapping[str, str]
    layout: int

    def money(self, amount: int) -> str:
        return Money(amount, self.currency).plain()


def described(line: Line) -> str:
    """In words; the last day is the last that is paid for."""
    if line["kind"] == "seats":
        verb = "Seats" if line["quantity"] > 0 else "Seats given back"
        return f"{verb}, plan {line['plan']}, {_span(line)}: {line['days']} of {line['of_days']} days"
    if line["kind"] == "usage":
        return f"{line['metric']}, plan {line['plan']}, {_span(line)}: {line['included']} included, beyond that the price for {line['per']}"
    if line["kind"] == "credit":
        return "Credit from an earlier change"
    return str(line["reason"])


def _span(line: Line) -> str:
    last = date.fromisoformat(line["ends_on"]) - timedelta(days=1)
    return f"{line['starts_on']} to {last}"
