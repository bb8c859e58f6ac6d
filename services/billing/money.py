"""Money is an integer of its currency's smallest unit; no float ever touches it.

A share of an amount is rounded once, where a line is made, from the exact fraction: half a unit goes away from zero. So a credit is
the charge it undoes with another sign, to the unit.
"""

import re
from dataclasses import dataclass
from typing import Self

# ISO 4217: the currencies whose smallest unit is not a hundredth.
_DECIMALS = {
    **dict.fromkeys(
        ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"], 0
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
_CODE = re.compile(r"[A-Z]{3}")


def decimals(currency: str) -> int:
    return _DECIMALS.get(currency, 2)


def is_currency(code: str) -> bool:
    return _CODE.fullmatch(code) is not None


@dataclass(frozen=True, slots=True)
class Money:
    amount: int
    currency: str

    def __add__(self, other: Self) -> Self:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return type(self)(self.amount + other.amount, self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.amount, self.currency)

    def share(self, numerator: int, denominator: int = 1) -> Self:
        """So many times this, divided: rounded as said above."""
        return type(self)(rounded(self.amount * numerator, denominator), self.currency)

    def __str__(self) -> str:
        return f"{self.plain()} {self.currency}"

    def plain(self) -> str:
        """Without the currency: a number that any program reads."""
        places, digits = decimals(self.currency), str(abs(self.amount))
        digits = digits.zfill(places + 1)
        whole, part = (digits[:-places], f".{digits[-places:]}") if places else (digits, "")
        return f"{'-' if self.amount < 0 else ''}{whole}{part}"


def rounded(numerator: int, denominator: int) -> int:
    """Half away from zero. ``denominator`` is positive."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -size if numerator < 0 else size
