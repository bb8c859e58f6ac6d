"""What a service does when it hears an event: its own use cases, one transaction an event."""

from typing import Any, ClassVar

from services.chassis.projections import Handlers
from services.chassis.public import PublicEvent


class Reaction(Handlers):
    """``sources`` are the services it listens to, its own among them if it likes. Handlers raise to be tried again later."""

    name: ClassVar[str] = "reactions"
    sources: ClassVar[tuple[str, ...]]
    # Whether an event that keeps failing is set aside. One that must never be passed over stops its consumer instead, which tells so.
    parks: ClassVar[bool] = True
    # Least seconds from one batch to the next. Nobody waits for a mail as for a view.
    pace: ClassVar[float] = 0.1
    # What is no fault of any event: it is waited out, however long that takes.
    waits_for: ClassVar[tuple[type[Exception], ...]] = ()

    def __init__(self, app: Any) -> None:
        self.app = app

    def react(self, event: PublicEvent) -> None:
        if handler := self.handler(event.type):
            handler(self, event)
