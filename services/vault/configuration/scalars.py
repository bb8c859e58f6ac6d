"""Numbers, under one rule for all formats."""

import math

from services.vault.configuration.budget import DIGITS

NOT_NUMBERS = frozenset({"nan", "inf", "infinity"})


def number(text: str) -> int | float:
    """Raises ValueError, whose text says why, for what no client could hold."""
    if len(text) > DIGITS:
        raise ValueError(f"a number has at most {DIGITS} characters")
    try:
        return int(text, 10)
    except ValueError:
        if math.isfinite(value := float(text)):
            return value
        raise ValueError("this number is out of range") from None


def is_not_a_number(text: str) -> bool:
    return text.lstrip("+-").lower() in NOT_NUMBERS
