"""Aggregates and events: eventsourcing's own, plus what every event of ours carries."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from eventsourcing import domain as library
from eventsourcing.domain import event

from services.chassis import context

__all__ = ["Aggregate", "Personal", "event"]

# What an event keeps of the call that made it.
CARRIED = ("correlation_id", "causation_id", "actor_id", "credential_id", "on_behalf_of", "ip", "user_agent", "traceparent")


@dataclass(frozen=True, slots=True)
class Personal:
    """A value about one person. Stored encrypted with that person's key; reads as ``None`` once the key is destroyed."""

    subject_id: UUID
    value: Any


def _carried() -> dict[str, str]:
    call = context.current()
    return {name: value for name in CARRIED if (value := getattr(call, name))}


class Aggregate(library.Aggregate):
    class Event(library.Aggregate.Event):
        # A class attribute, so that events stored without it still load.
        metadata = {}  # noqa: RUF012

        def __post_init__(self) -> None:
            # Not a dataclass field: those with defaults could not precede the fields of subclasses.
            object.__setattr__(self, "metadata", _carried())
            super().__post_init__()

    class Created(Event, library.Aggregate.Created):
        pass
