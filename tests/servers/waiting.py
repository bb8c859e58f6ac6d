"""Conditions and ports."""

import os
import random
import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# How much later than it could be something may be noticed, as a share of the time it takes, at least and at most in seconds: many looks
# cost as much as what is waited for.
_SHARE, _SHORTEST, _LONGEST = 0.05, 0.02, 0.25


def eventually(condition: Callable[[], T], *, within: float = 30.0, every: float | None = None) -> T:
    """The first true answer of ``condition``. An exception of it counts as "not yet", and is shown if time runs out.

    ``every``: seconds between two looks; where nothing is said they become fewer the longer it takes.
    """
    began, cause, answer = time.monotonic(), None, None
    while (waited := time.monotonic() - began) < within:
        try:
            if answer := condition():
                return answer
        except Exception as error:
            cause = error
        time.sleep(min(max(_SHORTEST, waited * _SHARE), _LONGEST) if every is None else every)
    raise TimeoutError(f"not within {within} s; last answer: {answer!r}") from cause


# Below the range that the kernel hands to outgoing connections: a server may be stopped and find its port still free. Each worker of a
# run has its own, and gives each away once: some are bound only seconds later.
_OWN = range(20_000 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]), 32_000, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
_ports = iter(random.sample(_OWN, len(_OWN)))


def free_port() -> int:
    for port in _ports:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0 and _bindable(port):
                return port
    raise OSError("no free port between 20000 and 32000")


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
