"""Aggregates and events: eventsourcing's own, plus what every event of ours carries."""

import dataclasses
from typing import Any, ClassVar
from uuid import UUID

from eventsourcing import domain as library
from eventsourcing.domain import event

from services.chassis import context
from services.chassis.errors import PreconditionFailed

__all__ = ["Aggregate", "Personal", "event"]

# What an event keeps of the call that made it.
CARRIED = (
    "correlation_id",
    "causation_id",
    "actor_id",
    "credential_id",
    "on_behalf_of",
    "ip",
    "user_agent",
    "operator",
    "claimed_request_id",
    "claimed_actor",
    "traceparent",
)


class Personal:
    """A value about one person. Stored encrypted with that person's key; reads as ``None`` once the key is destroyed."""

    __slots__ = ("_value", "subject_id")

    def __init__(self, subject_id: UUID, value: Any) -> None:
        self.subject_id, self._value = subject_id, value

    @property
    def value(self) -> Any:
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Personal) and (self.subject_id, self.value) == (other.subject_id, other.value)

    def __hash__(self) -> int:
        return hash(self.subject_id)

    def __repr__(self) -> str:
        # Never the value: this ends up in logs and error reports.
        return f"{type(self).__name__}({self.subject_id})"

    def __deepcopy__(self, memo: dict[int, Any]) -> "Personal":
        return self


def _carried() -> dict[str, str]:
    call = context.current()
    return {name: value for name in CARRIED if (value := getattr(call, name))}


class _Events(library.MetaDomainEvent):
    """A class that adds no field is its parent's dataclass: made one again, hundreds of them would be a third of a process's start."""

    def __new__(cls, name: str, bases: tuple[type[Any], ...], namespace: dict[str, Any]) -> Any:
        parents = sum(dataclasses.is_dataclass(base) for base in bases)
        make = type.__new__ if parents == 1 and not namespace.get("__annotations__") else super().__new__
        return make(cls, name, bases, namespace)


class Aggregate(library.Aggregate):
    class Event(library.Aggregate.Event, metaclass=_Events):
        # A class attribute, so that events stored without it still load.
        metadata: ClassVar[dict[str, str]] = {}

        def __post_init__(self) -> None:
            # Not a dataclass field: those with defaults could not precede the fields of subclasses.
            object.__setattr__(self, "metadata", _carried())
            super().__post_init__()

    class Created(Event, library.Aggregate.Created):
        pass

    def __init_subclass__(cls, **more: Any) -> None:
        # Otherwise the library defines an Event of the aggregate's own, and each of its events once more, below that; which it has to where
        # it defines Created as well.
        if "Created" in vars(cls):
            cls.Event = Aggregate.Event  # type: ignore[misc]
        super().__init_subclass__(**more)

    def expect(self, version: int | None) -> None:
        """For edits that can race: refuses one that was decided on another version than today's; None is good for any."""
        if version is not None and version != self.version:
            raise PreconditionFailed(
                "changed_meanwhile", "somebody else changed this: read it again and decide anew", {"etag": self.version}
            )
