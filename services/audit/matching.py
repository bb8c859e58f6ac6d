"""The same search over entries that lie in files."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from services.audit.words import words, words_of

Check = Callable[[Mapping[str, Any], Any], bool]


def matches(entry: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    """``filters``: as of a search in the journal; what is None is left out."""
    return all(_CHECKS[name](entry, value) for name, value in filters.items() if value is not None)


def _time(entry: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(entry["time"])


def _is_type(entry: Mapping[str, Any], value: str) -> bool:
    kind: str = entry["type"]
    return kind.startswith(value[:-1]) if value.endswith("*") else kind == value


def _equal(name: str) -> Check:
    return lambda entry, value: bool(entry[name] == value)


_CHECKS: dict[str, Check] = {
    **{name: _equal(name) for name in ("actor", "subject", "correlation_id", "workspace_id")},
    "type": _is_type,
    "operator": lambda entry, value: entry.get("operator", False) is value,
    "since": lambda entry, value: _time(entry) >= value,
    "until": lambda entry, value: _time(entry) < value,
    "q": lambda entry, value: set(words(value)) <= set(words_of(entry)),
}
