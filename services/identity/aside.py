"""Work that holds the processor, off the thread on which a green process does everything else."""

from collections.abc import Callable
from typing import TypeVar

from eventlet import patcher, tpool

T = TypeVar("T")


def aside(function: Callable[[], T]) -> T:
    """In a green process it goes to a real thread, so that others run meanwhile."""
    result: T = tpool.execute(function) if patcher.is_monkey_patched("thread") else function()
    return result
