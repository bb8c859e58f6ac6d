"""A set of strings that can be read in order from anywhere, at the cost of what is read."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator

LONGEST = 2_000


class Ordered:
    """Short sorted lists one after another: adding moves hundreds of entries, not hundreds of thousands."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._lists: list[list[str]] = []
        self._lasts: list[str] = []

    def add(self, value: str) -> None:
        """``value`` is not in it."""
        if not self._lists:
            self._lists, self._lasts = [[value]], [value]
            return
        place = min(bisect_left(self._lasts, value), len(self._lists) - 1)
        values = self._lists[place]
        insort(values, value)
        self._lasts[place] = values[-1]
        if len(values) > self._longest:
            self._split(place, values)

    def remove(self, value: str) -> None:
        """``value`` is in it."""
        place = bisect_left(self._lasts, value)
        values = self._lists[place]
        del values[bisect_left(values, value)]
        if values:
            self._lasts[place] = values[-1]
        else:
            del self._lists[place], self._lasts[place]

    def after(self, value: str | None) -> Iterator[str]:
        place = 0 if value is None else bisect_right(self._lasts, value)
        first = 0 if value is None or place == len(self._lists) else bisect_right(self._lists[place], value)
        for values in self._lists[place:]:
            yield from values[first:]
            first = 0

    def _split(self, place: int, values: list[str]) -> None:
        half = len(values) // 2
        self._lists[place : place + 1] = [values[:half], values[half:]]
        self._lasts[place : place + 1] = [values[half - 1], values[-1]]
