"""Texts in which nothing can do harm where they are shown."""

import json
from collections.abc import Mapping
from typing import Any

from services.audit.proof.heads import moment


def shown(text: str) -> str:
    """What is not printable, such as line breaks, the codes that command a terminal and marks that turn the direction of writing, is
    written as \\u001b."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else _code(letter) for letter in text)


def _code(letter: str) -> str:
    number = ord(letter)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def ascii_json(value: Any) -> str:
    """JSON that is printable ASCII on one line."""
    return json.dumps(value, separators=(",", ":")).replace("\x7f", "\\u007f")


def member(row: Mapping[str, Any], name: str) -> str:
    """One of an entry's values as text; empty, if it has none."""
    value = row[name]
    if name == "time":
        return moment(value)
    if name == "hash":
        return str(value.hex())
    if name == "changes":
        return ascii_json(value)
    return "" if value is None else "true" if value is True else "" if value is False else str(value)
