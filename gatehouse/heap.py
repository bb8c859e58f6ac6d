"""What Python and the C library do with memory that is no longer used."""

import ctypes
import gc
from contextlib import suppress

_M_MMAP_THRESHOLD = -3
_LARGE = 1024 * 1024
_OBJECTS = 10_000


def collect_less_often() -> None:
    """Cycles are looked for after every 10,000 new objects, not 700: modules make hundreds of thousands, and all of them stay.

    Looking among them again and again takes a tenth of the time that a process needs to start.
    """
    gc.set_threshold(_OBJECTS)


def return_large_blocks() -> None:
    """To the system, as soon as they are freed.

    Once a block of some megabytes was freed, glibc keeps the next ones of that size, for each thread apart: twenty passwords checked
    at once would hold 400 MB until the process ends. Other C libraries have no such habit and no such function.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)
