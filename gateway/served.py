"""Large answers kept as they were written, each with the stamp of what it was made from.

Nothing here is believed: whoever answers with it has asked the service whether the stamp still holds.
"""

from collections.abc import Hashable
from typing import NamedTuple

from cachetools import LRUCache


class Answer(NamedTuple):
    stamp: str
    text: str


class Served(LRUCache[Hashable, Answer]):
    """``size`` in bytes; what is larger than all of it is not kept."""

    def __init__(self, size: int) -> None:
        super().__init__(size, getsizeof=lambda answer: len(answer.text))

    def __setitem__(self, key: Hashable, answer: Answer) -> None:
        if len(answer.text) <= self.maxsize:
            super().__setitem__(key, answer)
