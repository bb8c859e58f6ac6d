"""``python -m tests.kit.green_lookups``: how often others had their turn while a process of green threads waited for a name server."""

import gatehouse  # noqa: F401  before eventlet: it says how names are looked up

import eventlet  # isort: skip

eventlet.monkey_patch()

import json  # noqa: E402
import socket  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

from services.chassis import greennames  # noqa: E402

block = eventlet.patcher.original("time").sleep


def silent(*_: Any) -> list[Any]:
    """As the system's own function while the name server says nothing: the thread that asked is held up."""
    block(0.5)
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 443))]


def main() -> None:
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            eventlet.sleep(0.02)

    socket.getaddrinfo = silent
    greennames.install()
    eventlet.spawn(tick)
    found = socket.getaddrinfo("s3.example.org", 443)
    print(json.dumps({"ticks": ticks, "found": found[0][4][0], "modules": [name for name in sys.modules if name.startswith("dns.")]}))


if __name__ == "__main__":
    main()
