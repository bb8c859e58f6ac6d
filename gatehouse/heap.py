"""What the C library does with memory that was given back to it."""

import ctypes
from contextlib import suppress

_M_MMAP_THRESHOLD = -3
_LARGE = 1024 * 1024


def return_large_blocks() -> None:
    """To the system, as soon as they are freed.

    Once a block of some megabytes was freed, glibc keeps the next ones of that size, for each thread apart: twenty passwords checked
    at once would hold 400 MB until the process ends. Other C libraries have no such habit and no such function.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)
