"""The library's own application over its own PostgreSQL recorder, as its documentation sets it up."""

from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event


class Counter(Aggregate):
    @event("Created")
    def __init__(self, name: str) -> None:
        self.name, self.count = name, 0

    @event("Raised")
    def up(self, by: int, note: str) -> None:
        self.count += by


class Counters(Application[UUID]):
    """No snapshots, no view, no metadata in its events."""
