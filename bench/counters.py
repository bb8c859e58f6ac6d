"""The smallest service with an inline view: the same aggregate as the library's side has, with what all of ours add."""

from typing import ClassVar

from services.chassis.application import Application
from services.chassis.domain import Aggregate, event
from services.chassis.projections import Projection, on
from services.chassis.public import PublicEvents
from services.chassis.views import Rows, Table


class Counter(Aggregate):
    TOPIC = "counters.counter"

    class Created(Aggregate.Created):
        TOPIC = "counters.counter.created"
        name: str

    class Raised(Aggregate.Event):
        TOPIC = "counters.counter.raised"
        by: int
        note: str

    @event(Created)
    def __init__(self, name: str) -> None:
        self.name, self.count = name, 0

    @event(Raised)
    def up(self, by: int, note: str) -> None:
        self.count += by


counts = Table(
    "counts", key=("id",), columns={"id": "uuid NOT NULL", "last": "int NOT NULL", "note": "text", "raised_at": "timestamptz NOT NULL"}
)


class Counts(Projection):
    name, tables = "counts", (counts,)

    @on(Counter.Created)
    def created(self, event: Counter.Created, rows: Rows) -> None:
        rows.put(counts, id=event.originator_id, last=0, note=None, raised_at=event.timestamp)

    @on(Counter.Raised)
    def raised(self, event: Counter.Raised, rows: Rows) -> None:
        rows.put(counts, id=event.originator_id, last=event.by, note=event.note, raised_at=event.timestamp)


class Counters(Application):
    name = "counters"
    projections: ClassVar[tuple[type[Projection], ...]] = (Counts,)
    public = PublicEvents("counters")
