"""Stored events as files, one a topic and version, to load for ever. ``python -m tests.contracts.stored`` adds missing ones."""

import importlib
import json
import pkgutil
import types
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from eventsourcing.utils import get_topic

import services
from services.chassis.application import Application
from services.chassis.domain import Aggregate, Personal
from services.chassis.keyring import MemoryKeyRing, PersonalTranscoding
from services.chassis.public import PublicEvents
from services.chassis.settings import Settings

FOLDER = Path(__file__).parent
STREAM = UUID("5f4c3a8e-0000-4000-8000-000000000001")
PERSON = UUID("5f4c3a8e-0000-4000-8000-000000000002")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
# Fields the base gives to every event; the examples set them apart from the others.
BASE = {"originator_id", "originator_version", "timestamp", "originator_topic"}
METADATA = {"actor_id": str(PERSON), "correlation_id": "the-request", "ip": "192.0.2.1"}


class OneKey(MemoryKeyRing):
    """The key under which the personal values of the examples were encrypted, once and for all."""

    def key(self, subject: UUID) -> bytes | None:
        return bytes(range(32))

    create = key

    def destroy(self, subject: UUID) -> None:
        raise NotImplementedError


class Reader(Application):
    """Reads events as every service does."""

    name = "contracts"
    public = PublicEvents("contracts")


def mapper() -> Any:
    found = Reader.in_memory(Settings(secret_key="x" * 32)).mapper
    found.transcoder.register(PersonalTranscoding(OneKey()))
    return found


def service_names() -> list[str]:
    folder = Path(next(iter(services.__path__)))
    return sorted(module.name for module in pkgutil.iter_modules(services.__path__) if any((folder / module.name).glob("domain*")))


def aggregates(service: str) -> list[type[Aggregate]]:
    """Those of the service's domain, whether it is a module or a package."""
    domain = importlib.import_module(f"services.{service}.domain")
    for module in pkgutil.iter_modules(getattr(domain, "__path__", ())):
        importlib.import_module(f"{domain.__name__}.{module.name}")
    return [kind for kind in _below(Aggregate) if f"{kind.__module__}.".startswith(f"{domain.__name__}.")]


def _below(kind: type) -> Iterator[type]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def event_types(aggregate: type[Aggregate]) -> list[type]:
    """Every event class declared in the aggregate, its base left out."""
    declared = [value for name, value in vars(aggregate).items() if name != "Event" and isinstance(value, type)]
    return [value for value in declared if issubclass(value, Aggregate.Event)]


def path_of(service: str, event_type: type, version: int) -> Path:
    return FOLDER / service / f"{get_topic(event_type)}.v{version}.json"


def version_of(event_type: type) -> int:
    return getattr(event_type, "class_version", 1)


def load(path: Path, version: int = 1) -> Any:
    stored = json.loads(path.read_text())
    return mapper().to_domain_event(StoredEvent(STREAM, version, stored["topic"], json.dumps(stored["state"]).encode()))


def known_fields(event_type: type) -> set[str]:
    return {field.name for field in fields(event_type)} | {"metadata"}  # type: ignore[arg-type]


def example(event_type: type, aggregate: type[Aggregate]) -> dict[str, Any]:
    """What an event of this type would store, with a value made up for each field."""
    event = object.__new__(event_type)
    values = {
        name: _value(name, hint)
        for name, hint in get_type_hints(event_type).items()
        if name in known_fields(event_type) - BASE - {"metadata"}
    }
    created = {"originator_topic": get_topic(aggregate)} if "originator_topic" in known_fields(event_type) else {}
    base = {"originator_id": STREAM, "originator_version": 1, "timestamp": NOON, "metadata": METADATA, **created}
    object.__setattr__(event, "__dict__", {**base, **values})
    stored = mapper().to_stored_event(event)
    return {"topic": stored.topic, "state": json.loads(stored.state)}


def _value(name: str, hint: Any) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        return _value(name, next(arg for arg in get_args(hint) if arg is not type(None)))
    if get_origin(hint) is list:
        return [_value(name, get_args(hint)[0])]
    if get_origin(hint) is dict or hint is dict:
        return {}
    plain = {UUID: PERSON, str: name, bool: True, int: 1, datetime: NOON, Personal: Personal(PERSON, name), Any: name}
    return plain[hint]


def record_missing() -> None:
    """Never touches a file that is there: events like it may be stored somewhere."""
    for service in service_names():
        for aggregate in aggregates(service):
            for event_type in event_types(aggregate):
                path = path_of(service, event_type, version_of(event_type))
                if not path.exists():
                    path.parent.mkdir(exist_ok=True)
                    path.write_text(json.dumps(example(event_type, aggregate), indent=2) + "\n")
                    print(f"recorded {path.relative_to(FOLDER)}")


if __name__ == "__main__":
    record_missing()
