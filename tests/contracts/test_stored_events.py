"""Events are stored for ever, so today's code must load each that was ever stored."""

import types
from datetime import datetime
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest

from services.chassis.domain import Personal
from tests.contracts.stored import FOLDER, aggregates, event_types, known_fields, load, path_of, service_names, version_of

DECLARED = [
    (service, aggregate, kind) for service in service_names() for aggregate in aggregates(service) for kind in event_types(aggregate)
]
BY_TOPIC = {kind.TOPIC: (service, aggregate, kind) for service, aggregate, kind in DECLARED}
FILES = sorted(path for service in service_names() for path in (FOLDER / service).glob("*.json"))


@pytest.mark.parametrize(("service", "aggregate", "kind"), DECLARED, ids=lambda value: getattr(value, "__qualname__", value))
def test_every_event_has_a_topic_of_its_own_and_a_stored_example_of_each_version(service, aggregate, kind):
    own = [base for base in kind.__mro__ if "TOPIC" in vars(base)]
    assert own, f"{kind.__qualname__} needs a TOPIC, or it cannot be renamed without losing what is stored"
    assert kind.TOPIC.startswith(f"{service}."), "topics start with the service's name"
    assert BY_TOPIC[kind.TOPIC][2] is kind, f"two events have the topic {kind.TOPIC}"
    missing = [path for version in range(1, version_of(kind) + 1) if not (path := path_of(service, kind, version)).exists()]
    assert not missing, f"store an example: python -m tests.contracts.stored writes {missing[0].name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_stored_event_still_loads_with_all_its_fields(path: Path):
    topic, _, _ = path.stem.rpartition(".v")
    assert topic in BY_TOPIC, f"no event has the topic {topic} any more: stored ones would not load"
    _, _, kind = BY_TOPIC[topic]

    event = load(path)

    assert type(event) is kind
    assert topic == event.TOPIC
    lost = set(vars(event)) - known_fields(kind)
    assert not lost, f"{kind.__qualname__} no longer has {sorted(lost)}, which is stored"
    hints = get_type_hints(kind)
    for name in known_fields(kind) - {"metadata"}:
        # Raises AttributeError for a field that was added without a plain default.
        value = getattr(event, name)
        assert _fits(value, hints[name]), f"{name} was stored as {value!r}, which is no {hints[name]}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_stored_event_still_applies_to_its_aggregate(path: Path):
    service, aggregate, kind = BY_TOPIC[path.stem.rpartition(".v")[0]]
    if "originator_topic" in known_fields(kind):
        assert isinstance(load(path).mutate(None), aggregate)
        return
    created = next(each for each in event_types(aggregate) if "originator_topic" in known_fields(each))
    subject = load(path_of(service, created, 1)).mutate(None)

    assert load(path, version=2).mutate(subject) is subject
    assert subject.version == 2


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_personal_values_of_stored_events_are_still_readable(path: Path):
    values = [value for value in vars(load(path)).values() if isinstance(value, Personal)]

    assert all(value.value is not None for value in values)


def _fits(value: Any, hint: Any) -> bool:
    if hint is Any:
        return True
    if get_origin(hint) in (Union, types.UnionType):
        return any(_fits(value, each) for each in get_args(hint))
    if get_origin(hint) is list:
        return isinstance(value, list) and all(_fits(each, get_args(hint)[0]) for each in value)
    if hint in (UUID, str, int, bool, datetime, dict, Personal, type(None)):
        # A number is no truth value, although Python says so.
        return isinstance(value, hint) and (hint is bool) >= isinstance(value, bool)
    return isinstance(value, get_origin(hint) or object)
