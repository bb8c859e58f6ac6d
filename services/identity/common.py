"""Passwords that everybody tries first: the 30,000 most frequent of the leaked ones that zxcvbn brings along."""

from functools import cache
from itertools import pairwise

_SHORTEST_UNIT = 8


@cache
def _known() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # late: a megabyte that only whoever sets a password needs

    return frozenset(FREQUENCY_LISTS["passwords"])


def is_common(password: str) -> bool:
    """Also what is long only because something short or common is repeated, or two common ones stand side by side."""
    plain = password.casefold()
    return _listed(plain) or _run(plain) or _listed(unit := _unit(plain)) or len(unit) < _SHORTEST_UNIT


def _listed(text: str) -> bool:
    known = _known()
    return text in known or any(text[:cut] in known and text[cut:] in known for cut in range(1, len(text)))


def _unit(text: str) -> str:
    """What the text repeats, its last time perhaps not to the end: "abcabcab" is made of "abc"."""
    return next(text[:size] for size in range(1, len(text) + 1) if (text[:size] * (len(text) // size + 1)).startswith(text))


def _run(text: str) -> bool:
    """Every letter follows its neighbour, as in "abcdefghijklmnop"; nine may be followed by zero."""
    steps = {(ord(right) - ord(left)) for left, right in pairwise(text) if left + right not in ("90", "09")}
    return steps in ({1}, {-1})
