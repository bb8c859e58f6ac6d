"""One spelling for one value: the JSON Canonicalization Scheme (RFC 8785), for the kinds of values that entries have."""

import json
from typing import Any


def canonical(value: Any) -> bytes:
    """Raises TypeError for numbers that programs do not spell alike: fractions, and integers beyond 2**53."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":")).encode()


def _ordered(value: Any) -> Any:
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return value
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, list | tuple):
        return [_ordered(each) for each in value]
    if isinstance(value, int) and abs(value) <= 2**53:
        return value
    raise TypeError(f"an entry cannot hold {type(value).__name__} {value!r}: write it as text")


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")
