"""Runs of ours and of the baseline in turn, so that whatever else the machine does meanwhile befalls both."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

SEED = 20_240_229


@dataclass(frozen=True)
class Result:
    """One line of the table. ``value`` is compared with ``goal``: at least it, or at most if ``upper``."""

    row: str
    what: str
    value: float
    unit: str
    spread: tuple[float, float]
    detail: str
    goal: float | None = None
    upper: bool = False

    @property
    def met(self) -> bool:
        if self.goal is None:
            return True
        return self.value <= self.goal if self.upper else self.value >= self.goal

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "met": self.met}


def compare(
    row: str, what: str, goal: float | None, ours: Callable[[], float], baseline: Callable[[], float], rounds: int, unit: str = "/s"
) -> Result:
    """Both return a rate. The first round warms up and is not counted."""
    pairs = [(ours(), baseline()) for _ in range(rounds + 1)][1:]
    ratios = [a / b for a, b in pairs]
    ours_rates, baseline_rates = [a for a, _ in pairs], [b for _, b in pairs]
    detail = f"{_rates(ours_rates)} against {_rates(baseline_rates)} {unit}"
    return Result(row, what, median(ours_rates) / median(baseline_rates), "×", (min(ratios), max(ratios)), detail, goal)


def _rates(rates: list[float]) -> str:
    return f"{median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f})"


def percentile(values: list[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
