"""Which tokens and key pairs are in use, and from where."""

from collections.abc import Callable
from datetime import UTC, datetime

from gateway.sampled import Call, Sampled


class Uses(Sampled):
    def __init__(self, call: Call, minutes: int, size: int = 20_000) -> None:
        super().__init__(call, minutes * 60, size)

    def note(self, credential_id: str, origin: Callable[[], dict[str, str]], correlation_id: str) -> None:
        """``origin`` answers ``ip`` and ``user_agent``."""

        def payload() -> dict[str, list[dict[str, str]]]:
            return {"uses": [{"credential_id": credential_id, "at": datetime.now(UTC).isoformat(), **origin()}]}

        self.tell(credential_id, "note_uses", payload, correlation_id)
