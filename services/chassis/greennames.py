"""Names of hosts are looked up by the system, in a thread, while the other green threads go on.

eventlet's own DNS client, which ``gatehouse`` leaves out, would cost every process 20 MB and a quarter of a second at its start, and knows
nothing of nsswitch.conf.
"""

import socket
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from typing import Any

from eventlet import tpool
from eventlet.green import socket as green

_LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")


def install() -> None:
    """For the whole process."""
    for name in _LOOKUPS:
        lookup = partial(_aside, getattr(socket, name))
        setattr(socket, name, lookup)
        setattr(green, name, lookup)


def _aside(lookup: Callable[..., Any], host: Any, *args: Any, **named: Any) -> Any:
    if host is None or _is_address(host):
        return lookup(host, *args, **named)
    return tpool.execute(lookup, host, *args, **named)


def _is_address(host: str | bytes) -> bool:
    try:
        ip_address(host.decode() if isinstance(host, bytes) else host)
    except ValueError:
        return False
    return True
