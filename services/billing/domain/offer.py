"""What a plan gives and costs, as it is sold in one version of the catalogue. A subscription keeps the one it bought."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from services.billing.money import Money, rounded

STORAGE, API_CALLS = "storage", "api_calls"


@dataclass(frozen=True, slots=True)
class Limits:
    """``storage`` in bytes, ``api_calls`` a period; None: no limit."""

    members: int | None = None
    storage: int | None = None
    api_calls: int | None = None


@dataclass(frozen=True, slots=True)
class UsagePrice:
    """So much for every ``per`` units beyond those that are included."""

    price: int
    per: int = 1
    included: int = 0

    def amount(self, quantity: int) -> int:
        return rounded(self.price * max(0, quantity - self.included), self.per)


@dataclass(frozen=True, slots=True)
class Offer:
    plan: str
    name: str
    # Which is an upgrade of which: the place in the catalogue.
    rank: int
    version: int
    currency: str
    seat_price: int = 0
    limits: Limits = Limits()
    usage: Mapping[str, UsagePrice] = field(default_factory=dict)

    @property
    def costs(self) -> bool:
        return bool(self.seat_price or self.usage)

    def seats(self, count: int, days: int, of: int) -> int:
        return Money(self.seat_price, self.currency).share(count * days, of).amount

    def member_limit(self, seats: int) -> int | None:
        """Seats that are paid for are the limit; where none are, the plan's own."""
        return seats if self.seat_price else self.limits.members

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Self:
        usage = {metric: UsagePrice(**price) for metric, price in said["usage"].items()}
        return cls(**{**said, "limits": Limits(**said["limits"]), "usage": usage})
