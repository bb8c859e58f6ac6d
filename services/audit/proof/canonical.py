"""One spelling for one value: the JSON Canonicalization Scheme (RFC 8785), for the kinds of values that entries have."""

import json
from collections.abc import Iterable
from json.encoder import encode_basestring
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def canonical(value: Any) -> bytes:
    """Raises TypeError for numbers that programs do not spell alike: fractions, and integers beyond 2**53."""
    return _encode(_ordered(value)).encode()


def text(value: str | None) -> str:
    """The same of a text, or of nothing, as a text: much faster."""
    return "null" if value is None else encode_basestring(value)


def _ordered(value: Any) -> Any:
    kind = type(value)
    if kind is str or value is None or kind is bool or (kind is int and abs(value) <= 2**53):
        return value
    if kind is dict:
        return {key: _ordered(value[key]) for key in _sorted(value)}
    if kind is list:
        return [_ordered(each) for each in value]
    raise TypeError(f"an entry cannot hold {kind.__name__} {value!r}: write it as text")


def _sorted(keys: Iterable[str]) -> list[str]:
    """By UTF-16 code units, which for ASCII is how Python sorts, much faster."""
    return sorted(keys) if "".join(keys).isascii() else sorted(keys, key=lambda key: key.encode("utf-16-be"))
