"""What an entry is found by when somebody searches for text: whole words, in any letter case."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

# Ids, addresses, versions and times are one word each, so that an id is found as the one it is.
_WORD = re.compile(r"[^\W_]+(?:[-.:@][^\W_]+)*")


def words(text: str) -> list[str]:
    """Each once, in their order."""
    return list(dict.fromkeys(_WORD.findall(text.lower())))


def words_of(entry: Mapping[str, Any]) -> list[str]:
    """Of its type, of the values of its fields, and of where it came from."""
    told = [entry["type"].replace(".", " ")]
    told += [text for text in (entry["ip"], entry["user_agent"], entry.get("claimed_request_id"), entry.get("claimed_actor")) if text]
    _gather(entry["changes"].values(), told)
    return words(" ".join(told))


def _gather(values: Iterable[Any], told: list[str]) -> None:
    for value in values:
        if isinstance(value, str):
            told.append(value)
        elif isinstance(value, dict):
            _gather(value.values(), told)
        elif isinstance(value, list):
            _gather(value, told)
        elif value is not None and not isinstance(value, bool):
            told.append(str(value))
