"""The same search over entries that lie in files."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.audit.words import words, words_of


def matches(entry: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    """``filters``: as of a search in the journal; what is None is left out."""
    return all(_CHECKS[name](entry, value) for name, value in filters.items() if value is not None)


def _type(entry: Mapping[str, Any], value: str) -> bool:
    kind: str = entry["type"]
    return kind.startswith(value[:-1]) if value.endswith("*") else kind == value


def _time(entry: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(entry["time"])


_CHECKS = {
    **{
        name: lambda entry, value, name=name: entry[name] == value
        for name in ("actor", "subject", "correlation_id", "workspace_id")
    },
    "type": _type,
    "operator": lambda entry, value: entry.get("operator", False) == value,
    "since": lambda entry, value: _time(entry) >= value,
    "until": lambda entry, value: _time(entry) < value,
    "q": lambda entry, value: set(words(value)) <= set(words_of(entry)),
}
