"""Which sessions are in use."""

from gateway.sampled import Call, Sampled


class Seen(Sampled):
    def __init__(self, call: Call, minutes: int, size: int = 20_000) -> None:
        # Half of what identity keeps to: with its own rounding it is hardly ever later than that.
        super().__init__(call, minutes * 30, size)

    def note(self, session_id: str, correlation_id: str) -> None:
        self.tell(session_id, "session_seen", lambda: {"session_id": session_id}, correlation_id)
