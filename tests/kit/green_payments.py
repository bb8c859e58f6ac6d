"""``python -m tests.kit.green_payments SETTINGS CUSTOMER``: the turns of other green threads while Stripe takes its time to answer."""

import sys

import eventlet

eventlet.monkey_patch()

import json  # noqa: E402
import time  # noqa: E402

from services.billing.payments import provider  # noqa: E402
from services.chassis.settings import Settings  # noqa: E402


def main(settings: str, customer: str) -> None:
    stripe = provider(Settings(**json.loads(settings)))
    turns: list[float] = []

    def tick() -> None:
        while True:
            turns.append(time.monotonic())
            eventlet.sleep(0.02)

    ticking = eventlet.spawn(tick)
    began = time.monotonic()
    stripe.method(customer)
    ended = time.monotonic()
    ticking.kill()
    longest = max(later - earlier for earlier, later in zip([began, *turns], [*turns, ended], strict=True))
    print(json.dumps({"seconds": ended - began, "turns": len(turns), "longest": longest}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
