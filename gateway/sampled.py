"""Telling identity now and then that something is in use, beside the requests that use it."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import eventlet
from cachetools import TTLCache

from services.chassis import context
from services.chassis.context import CallContext
from services.chassis.errors import ServiceError

Call = Callable[[str, str, dict[str, Any]], object]


class Sampled:
    """Each thing is told of once in so many seconds."""

    def __init__(self, call: Call, seconds: int, size: int) -> None:
        self._call = call
        self._told: TTLCache[str, bool] = TTLCache(size, seconds)

    def tell(self, id: str, method: str, payload: Callable[[], dict[str, Any]], correlation_id: str) -> None:
        """``payload`` is asked only when there is something to tell."""
        if id and id not in self._told:
            self._told[id] = True
            eventlet.spawn_n(self._send, method, payload(), correlation_id)

    def _send(self, method: str, payload: dict[str, Any], correlation_id: str) -> None:
        # Lost, it is told again some minutes later.
        with suppress(ServiceError), context.use(CallContext(correlation_id=correlation_id, repeatable="yes")):
            self._call("identity", method, payload)
