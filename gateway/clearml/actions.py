"""The actions this surface knows, each declared beside its code."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError

from gateway.clearml import refusals
from gateway.clearml.call import Call, Data, Ready
from gateway.clearml.refusals import Refusal

Run = Callable[[Call], Data | Ready]


@dataclass(frozen=True)
class Action:
    """``open``: needs no credentials. ``admin``: needs the role admin. ``since``: the version that brought it."""

    name: str
    run: Run
    since: str
    schema: Schema
    open: bool
    admin: bool


ACTIONS: dict[str, Action] = {}


class Nothing(Schema):
    pass


def action(
    name: str, schema: type[Schema] = Nothing, *, since: str = "2.1", open: bool = False, admin: bool = False
) -> Callable[[Run], Run]:
    """Fields that the schema does not know are ignored, as clients count on it."""

    def declare(run: Run) -> Run:
        ACTIONS[name] = Action(name, run, since, schema(unknown=EXCLUDE), open, admin)
        return run

    return declare


def checked(schema: Schema, data: Data) -> Data:
    try:
        loaded: Data = schema.load(data)
    except ValidationError as error:
        messages: Any = error.messages
        missing = any("Missing data" in str(text) for text in messages.values())
        told = ", ".join(f"{name}: {' '.join(texts) if isinstance(texts, list) else 'invalid'}" for name, texts in sorted(messages.items()))
        raise Refusal(refusals.MISSING if missing else refusals.INVALID, f"Validation error: {told}"[:500]) from None
    return loaded
