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
    told = entry["type"].replace(".", " "), entry["ip"], entry["user_agent"], entry.get("claimed_request_id"), entry.get("claimed_actor")
    return words(" ".join([*(text for text in told if text), *_texts(entry["changes"])]))


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Mapping):
        return (text for each in value.values() for text in _texts(each))
    if isinstance(value, list):
        return (text for each in value for text in _texts(each))
    return () if value is None or isinstance(value, bool) else (str(value),)
