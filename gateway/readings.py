"""Who was given what this gateway keeps ready: on record before they have it."""

from collections.abc import Callable, Hashable

from cachetools import TTLCache


class Readings:
    """Each is told of once in so many minutes, and until it is told nobody reads."""

    def __init__(self, minutes: int, size: int = 20_000) -> None:
        self._told: TTLCache[Hashable, bool] = TTLCache(size, minutes * 60)

    def note(self, reading: Hashable, tell: Callable[[], object]) -> None:
        if reading not in self._told:
            tell()
            self._told[reading] = True
