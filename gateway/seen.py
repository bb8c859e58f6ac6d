"""Tells identity now and then that a session is in use, beside the requests that use it."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import eventlet
from cachetools import TTLCache

from services.chassis import context
from services.chassis.context import CallContext
from services.chassis.errors import ServiceError

Call = Callable[[str, str, dict[str, Any]], object]


class Seen:
    def __init__(self, call: Call, minutes: int, size: int = 20_000) -> None:
        self._call = call
        # Half of what identity keeps to: with its own rounding it is hardly ever later than that.
        self._told: TTLCache[str, bool] = TTLCache(size, minutes * 30)

    def note(self, session_id: str, correlation_id: str) -> None:
        if session_id and session_id not in self._told:
            self._told[session_id] = True
            eventlet.spawn_n(self._tell, session_id, correlation_id)

    def _tell(self, session_id: str, correlation_id: str) -> None:
        # Lost, it is told again with some later request.
        with suppress(ServiceError), context.use(CallContext(correlation_id=correlation_id, repeatable="yes")):
            self._call("identity", "session_seen", {"session_id": session_id})
