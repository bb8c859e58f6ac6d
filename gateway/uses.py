"""Tells identity now and then that a token or key pair is in use, beside the requests that use it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import eventlet
from cachetools import TTLCache

from services.chassis import context
from services.chassis.context import CallContext
from services.chassis.errors import ServiceError

Call = Callable[[str, str, dict[str, Any]], object]


class Uses:
    def __init__(self, call: Call, minutes: int, size: int = 20_000) -> None:
        self._call = call
        self._told: TTLCache[str, bool] = TTLCache(size, minutes * 60)

    def note(self, credential_id: str, origin: Callable[[], dict[str, str]], correlation_id: str) -> None:
        """``origin`` answers ``ip`` and ``user_agent``; it is asked only when there is something to tell."""
        if credential_id not in self._told:
            self._told[credential_id] = True
            use = {"credential_id": credential_id, "at": datetime.now(UTC).isoformat(), **origin()}
            eventlet.spawn_n(self._tell, use, correlation_id)

    def _tell(self, use: dict[str, str], correlation_id: str) -> None:
        # Lost, it is told again some minutes later.
        with suppress(ServiceError), context.use(CallContext(correlation_id=correlation_id, repeatable="yes")):
            self._call("identity", "note_uses", {"uses": [use]})
