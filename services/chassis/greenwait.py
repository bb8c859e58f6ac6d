"""How psycopg waits in a process of green threads: on eventlet's hub itself, not on a selector made anew for each answer."""

import os
import select
from typing import Any

from eventlet import patcher
from eventlet.hubs import trampoline
from eventlet.timeout import Timeout
from psycopg import OperationalError, waiting
from psycopg.waiting import Ready, Wait

_poll: Any = patcher.original("select").poll


def install() -> None:
    """For the whole process; connections that exist already wait this way as well."""
    waiting.wait = wait


def wait(gen: Any, fileno: int, interval: float = 0.0, timeout: float | None = None) -> Any:
    """As psycopg's own functions of this kind: drives ``gen``, telling it when the socket is ready for what it waits for."""
    if timeout is not None:
        return waiting.wait_selector(gen, fileno, interval, timeout)
    try:
        wanted = next(gen)
        while True:
            wanted = gen.send(_ready(fileno, wanted, interval))
    except StopIteration as end:
        return end.value


def _ready(fileno: int, wanted: int, interval: float) -> int:
    # There is nearly always room to write; an answer is nearly never there yet.
    if wanted & Wait.W and (ready := _at_once(fileno, wanted)):
        return ready
    if wanted == Wait.RW:
        # A hub wakes a green thread for one of the two: look again soon.
        return Ready.W if _woken(fileno, min(interval, 0.005), write=True) else _at_once(fileno, wanted)
    if _woken(fileno, interval, read=wanted == Wait.R, write=wanted == Wait.W):
        return Ready.R if wanted == Wait.R else Ready.W
    _check_open(fileno)
    return Ready.NONE


def _woken(fileno: int, seconds: float, *, read: bool = False, write: bool = False) -> bool:
    try:
        trampoline(fileno, read=read or None, write=write or None, timeout=seconds, timeout_exc=Timeout)
    except Timeout:
        return False
    return True


def _at_once(fileno: int, wanted: int) -> int:
    poll = _poll()
    poll.register(fileno, (select.POLLIN if wanted & Wait.R else 0) | (select.POLLOUT if wanted & Wait.W else 0))
    found = poll.poll(0)
    if not found:
        return Ready.NONE
    mask = found[0][1]
    # A broken connection counts as ready: whoever reads or writes then is told what is wrong.
    broken = mask & ~(select.POLLIN | select.POLLOUT)
    return (Ready.R if mask & select.POLLIN else 0) | (Ready.W if mask & select.POLLOUT else 0) | (wanted if broken else 0)


def _check_open(fileno: int) -> None:
    try:
        os.fstat(fileno)
    except OSError as error:
        raise OperationalError("the connection's socket is closed") from error
