"""What a scalar in YAML means, by the 1.2 core schema: ``no`` and ``2026-01-01`` are texts."""

import re

from yaml.events import ScalarEvent

from services.vault.configuration.scalars import number
from services.vault.configuration.tree import Value

TAG = "tag:yaml.org,2002:"
_WORDS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_BASED = re.compile(r"0(?:o([0-7]{1,40})|x([0-9a-fA-F]{1,40}))")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_KINDS = {"int": int, "float": float, "bool": bool, "null": type(None)}


def meaning(event: ScalarEvent) -> Value:
    """Raises ValueError, whose text says why."""
    if event.tag is None or event.tag == "!":
        unquoted: bool = event.implicit[0]
        return _plain(event.value) if unquoted else str(event.value)
    if event.tag == f"{TAG}str":
        return str(event.value)
    kind = _KINDS.get(event.tag.removeprefix(TAG))
    if kind is None:
        raise ValueError("only the tags of the core schema are taken: str, int, float, bool, null, map, seq")
    if not isinstance(value := _plain(event.value), kind):
        raise ValueError("this is not what its tag says")
    return value


def _plain(text: str) -> Value:
    if text in _WORDS:
        return _WORDS[text]
    if based := _BASED.fullmatch(text):
        return int(based[1], 8) if based[1] else int(based[2], 16)
    if _NO_NUMBER.fullmatch(text):
        raise ValueError("JSON, which clients are served, has no such number")
    return number(text) if _NUMBER.fullmatch(text) else text
