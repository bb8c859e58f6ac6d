"""JSON, strictly: what RFC 8259 calls interoperable."""

import json
from typing import Any, NoReturn

from services.vault.configuration.budget import Budget
from services.vault.configuration.faults import fault
from services.vault.configuration.scalars import number
from services.vault.configuration.tree import Value


def parse(text: str, budget: Budget) -> Value:
    try:
        value: Value = json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_constant, object_pairs_hook=_object)
        return value
    except json.JSONDecodeError as error:
        raise fault("configuration_malformed", f"not JSON: {error.msg.lower()}", line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise fault("configuration_too_deep", "objects and lists lie too deep in one another") from None


def _number(text: str) -> int | float:
    try:
        return number(text)
    except ValueError as error:
        raise fault("configuration_number", str(error)) from None


def _constant(name: str) -> NoReturn:
    raise fault("configuration_number", f"{name} is no number in JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise fault("configuration_duplicate_key", "stands twice in the same object", key=twice)
    return made
