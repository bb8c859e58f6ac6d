"""Projections: functions from events to rows, written once and driven inline, from the bus, or by a rebuild."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeVar

from eventsourcing.utils import get_topic
from psycopg import Connection
from psycopg.rows import DictRow

from services.chassis.public import PublicEvent
from services.chassis.views import Rows, Table

F = TypeVar("F", bound=Callable[..., Any])


def on(*events: type | str) -> Callable[[F], F]:
    """Marks the handler of these events: domain event classes for own events, public types for the bus."""

    def mark(function: F) -> F:
        function.__dict__["handles"] = events
        return function

    return mark


class Handlers:
    """Base of whatever handles events by kind: collects the methods marked with ``on``."""

    handlers: ClassVar[dict[type | str, Callable[..., None]]] = {}

    def __init_subclass__(cls) -> None:
        marked = [function for base in reversed(cls.__mro__) for function in vars(base).values() if hasattr(function, "handles")]
        cls.handlers = {event: function for function in marked for event in function.handles}

    @classmethod
    def handler(cls, kind: type | str) -> Callable[..., None] | None:
        return cls.handlers.get(kind)


class Projection(Handlers):
    """``version`` is raised whenever the rows would come out differently: the next deployment rebuilds them."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
    tables: ClassVar[tuple[Table, ...]]
    sources: ClassVar[tuple[str, ...]] = ()
    # Whether one event may make many rows: an append then gathers them first.
    bulky: ClassVar[bool] = False

    def apply(self, event: Any, rows: Rows) -> None:
        if handler := self.handler(event.type if isinstance(event, PublicEvent) else type(event)):
            handler(self, event, rows)

    def apply_all(self, events: Iterable[Any], rows: Rows, connection: Connection[DictRow]) -> None:
        """A batch, in the transaction that writes it; ``connection`` shows the rows of the batches before, for the rare projection whose
        rows continue them. These must depend on each source's own order alone: sources come interleaved at will."""
        for event in events:
            self.apply(event, rows)

    @classmethod
    def topics(cls) -> list[str]:
        """Topics of the domain events it handles: a rebuild need not even decode the others."""
        return [get_topic(kind) for kind in cls.handlers if isinstance(kind, type)]
