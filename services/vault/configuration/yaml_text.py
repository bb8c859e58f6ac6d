"""YAML, made up from libyaml's events: no tag makes an object, repeating a part is counted, no key stands twice."""

from collections.abc import Iterator
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from services.chassis.errors import InvalidInput
from services.vault.configuration.budget import DEPTH, Budget
from services.vault.configuration.faults import fault, fault_at
from services.vault.configuration.tree import Value
from services.vault.configuration.yaml_scalars import TAG, meaning


def parse(text: str, budget: Budget) -> Value:
    events: Iterator[Event] = yaml.parse(text, Loader=yaml.CSafeLoader)
    try:
        return _Reader(events, budget).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _fault_at(mark, "configuration_malformed", f"not YAML: {error.problem}") from None
    except yaml.reader.ReaderError as error:
        raise fault_at(text, error.position, "configuration_malformed", "a character that YAML does not allow") from None


class _Reader:
    def __init__(self, events: Iterator[Event], budget: Budget) -> None:
        self._events, self._budget = events, budget
        # What an anchor stands for, and what writing it out once more costs.
        self._anchors: dict[str, tuple[Value, int, int]] = {}

    def document(self) -> Value:
        """The only one there is. None, or one of comments only, says nothing."""
        value: Value = None
        documents = (event for event in self._events if isinstance(event, DocumentStartEvent))
        for count, start in enumerate(documents):
            if count:
                raise _fault(start, "configuration_documents", "a second document begins here: keep to one")
            value = self._value(next(self._events), 0)
        return {} if value is None else value

    def _value(self, event: Event, depth: int) -> Value:
        if isinstance(event, AliasEvent):
            return self._again(event)
        if depth > DEPTH:
            raise _fault(event, "configuration_too_deep", f"objects and lists may lie in one another {DEPTH} deep")
        values, letters = self._budget.values, self._budget.letters
        value = self._made(event, depth)
        if isinstance(event, NodeEvent) and event.anchor:
            self._anchors[event.anchor] = (value, values - self._budget.values, letters - self._budget.letters)
        return value

    def _again(self, event: AliasEvent) -> Value:
        """An anchor inside of which this stands is not known yet, so nothing can hold itself."""
        if event.anchor not in self._anchors:
            raise _fault(event, "configuration_reference", "no part that is complete before here has this anchor")
        value, values, letters = self._anchors[event.anchor]
        self._budget.spend(values, letters)
        return value

    def _made(self, event: Event, depth: int) -> Value:
        self._budget.spend()
        if isinstance(event, ScalarEvent):
            self._budget.spend(0, len(event.value))
            try:
                return meaning(event)
            except ValueError as error:
                raise _fault(event, "configuration_value", str(error)) from None
        return self._list(event, depth) if isinstance(event, SequenceStartEvent) else self._object(event, depth)

    def _list(self, start: Event, depth: int) -> Value:
        _check_tag(start, "seq")
        made: list[Value] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            made.append(self._value(event, depth + 1))
        return made

    def _object(self, start: Event, depth: int) -> Value:
        _check_tag(start, "map")
        made: dict[str, Value] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = _key(event)
            if key in made:
                raise _fault(event, "configuration_duplicate_key", "this key stands twice in the same object")
            self._budget.spend(0, len(key))
            made[key] = self._value(next(self._events), depth + 1)
        return made


def _key(event: Event) -> str:
    if not isinstance(event, ScalarEvent) or event.tag not in (None, "!", f"{TAG}str"):
        raise _fault(event, "configuration_key", "a key is a text without a tag or reference")
    if event.value == "<<" and event.implicit[0]:
        raise _fault(event, "configuration_key", "YAML 1.2 has no merge keys: write out what is to be merged")
    return str(event.value)


def _check_tag(event: Event, name: str) -> None:
    if isinstance(event, CollectionStartEvent) and event.tag not in (None, "!", f"{TAG}{name}"):
        raise _fault(event, "configuration_value", "only the tags of the core schema are taken: str, int, float, bool, null, map, seq")


def _fault(event: Event, code: str, said: str) -> InvalidInput:
    return _fault_at(event.start_mark, code, said)


def _fault_at(mark: Any, code: str, said: str) -> InvalidInput:
    return fault(code, said, line=mark.line + 1, column=mark.column + 1) if mark else fault(code, said)
