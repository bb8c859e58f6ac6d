"""HOCON as released ClearML clients read it, but without ``include``: nothing here opens a file, an address or the environment."""

import json
import re
from typing import NoReturn

from services.vault.configuration.budget import DEPTH, Budget
from services.vault.configuration.faults import fault_at
from services.vault.configuration.hocon_nodes import Before, Blank, Fields, Items, Joined, Layers, Node, Substitution
from services.vault.configuration.hocon_resolving import Resolver
from services.vault.configuration.scalars import is_not_a_number, number
from services.vault.configuration.tree import Path, Value

_BLANK = re.compile(r"[^\S\n\r]+")
_BETWEEN = re.compile(r"(?:\s|#[^\n\r]*|//[^\n\r]*)*")
_SEPARATORS = re.compile(r"(?:\s|,|#[^\n\r]*|//[^\n\r]*)*")
_END = re.compile(r"[,}\]#\n\r]|//|\Z")
_SIGN = re.compile(r"\+=|[:=]")
_KEY = re.compile(r"""(?:(?!//)[^$"{}\[\]:=,+#`^?!@*&\\\n\r])+""")
_UNQUOTED = re.compile(r"""(?!//)[^\s$"{}\[\]=,+#`^?!@*&\\]+""")
_NUMBER = re.compile(r"[+-]?(?:\d*\.\d+|\d+(?:\.\d+)?)(?:[eE][+-]?\d+)?(?=[^\S\n\r]*(?:[,}\]#\n\r]|//|\Z))", re.ASCII)
_QUOTED = re.compile(r'"((?:[^"\\\n\r]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"')
_LONG = re.compile(r'"""(.*?)"""(?!")', re.DOTALL)
_INCLUDE = re.compile(r"""include\s*(?:"|(?:required|url|file|classpath|package)\s*\()""", re.IGNORECASE)
_WORDS: dict[str, Node] = {"true": True, "false": False, "null": None}


def parse(text: str, budget: Budget) -> Value:
    return Resolver(text, _Parser(text).document(), budget).resolved()


class _Word(str):
    """Stood without quotation marks, so alone it may mean something else than itself."""


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def document(self) -> Fields:
        self._skip(_BETWEEN)
        if self._sees("["):
            self._refuse("configuration_not_an_object", "the whole must be an object, not a list")
        fields = self._fields("}" if self._takes("{") else "", 1)
        self._skip(_BETWEEN)
        if self._at < len(self._text):
            self._refuse("configuration_malformed", "nothing may follow the end of the whole object")
        return fields

    def _fields(self, end: str, depth: int) -> Fields:
        fields = Fields()
        while True:
            self._skip(_SEPARATORS)
            if self._at == len(self._text) and end:
                self._refuse("configuration_malformed", f"a closing {end} is missing")
            if self._takes(end) if end else self._at == len(self._text):
                return fields
            self._field(fields, depth)

    def _field(self, fields: Fields, depth: int) -> None:
        self._refuse_include()
        path = self._path()
        self._check_depth(depth + len(path) - 1)
        self._skip(_BETWEEN)
        sign = self._skip(_SIGN)
        if not sign and not self._sees("{"):
            self._refuse("configuration_malformed", "after a key comes = or : or +=, or an object in braces")
        self._skip(_BETWEEN)
        at, value = self._at, self._value(depth + len(path) - 1)
        if sign == "+=":
            value = Joined([Before(), Items([value])], at)
        fields.put(path, Layers([value]) if _is_open(value) else value)

    def _path(self) -> Path:
        """Dots part a key; what stands in quotation marks is a part, or belongs to one, dots and all."""
        start, parts = self._at, [""]
        while True:
            if self._sees('"'):
                parts[-1] = parts[-1].strip() + self._quoted()
            elif plain := self._skip(_KEY):
                first, *others = plain.split(".")
                parts[-1] += first.rstrip() if parts[-1] else first.strip()
                parts += (other.strip() for other in others)
            else:
                break
        if not all(parts):
            self._refuse("configuration_key", "a key, or what stands between two of its dots, is missing", start)
        return tuple(parts)

    def _value(self, depth: int) -> Node:
        start = self._at
        parts: list[Node] = []
        while (part := self._part(depth)) is not None:
            parts.append(part)
        while parts and isinstance(parts[-1], Blank):
            parts.pop()
        if not parts:
            self._refuse("configuration_malformed", 'a value is missing: write null or "" for nothing')
        if not _END.match(self._text, self._at):
            self._refuse("configuration_malformed", "this character cannot stand here: put the text into quotation marks")
        if len(parts) == 1:
            return self._meant(parts[0], start)
        return "".join(parts) if all(isinstance(part, str) for part in parts) else Joined(parts, start)  # type: ignore[arg-type]

    def _part(self, depth: int) -> Node:
        """None if there is no more of this value."""
        self._check_depth(depth)
        if blank := self._skip(_BLANK):
            return Blank(blank)
        if self._takes("{"):
            return self._fields("}", depth + 1)
        if self._takes("["):
            return self._items(depth + 1)
        if self._sees("${"):
            return self._substitution()
        if long := _LONG.match(self._text, self._at):
            self._at = long.end()
            return long[1]
        if self._sees('"'):
            return self._quoted()
        self._refuse_include()
        word = self._skip(_NUMBER) or self._skip(_UNQUOTED)
        return _Word(word) if word else None

    def _items(self, depth: int) -> Items:
        items: list[Node] = []
        while True:
            self._skip(_SEPARATORS)
            if self._at == len(self._text):
                self._refuse("configuration_malformed", "a closing ] is missing")
            if self._takes("]"):
                return Items(items)
            items.append(self._value(depth))

    def _substitution(self) -> Substitution:
        start = self._at
        self._at += 2
        optional = self._takes("?")
        path = self._path()
        if not self._takes("}"):
            self._refuse("configuration_malformed", "the } of this substitution is missing", start)
        return Substitution(path, optional, start)

    def _quoted(self) -> str:
        if (found := _QUOTED.match(self._text, self._at)) is None:
            said = "this text does not end in its line, or holds an escape that JSON does not know: write \\\\ for a backslash"
            self._refuse("configuration_malformed", said)
        self._at = found.end()
        return str(json.loads(found[0], strict=False))

    def _meant(self, part: Node, start: int) -> Node:
        if not isinstance(part, _Word):
            return part
        if part.lower() in _WORDS:
            return _WORDS[part.lower()]
        if is_not_a_number(part):
            self._refuse("configuration_number", "no client reads this as a number: a text needs quotation marks", start)
        try:
            return number(part) if _NUMBER.fullmatch(part) else str(part)
        except ValueError as error:
            self._refuse("configuration_number", str(error), start)

    def _check_depth(self, depth: int) -> None:
        if depth > DEPTH:
            self._refuse("configuration_too_deep", f"objects and lists may lie in one another {DEPTH} deep")

    def _refuse_include(self) -> None:
        if _INCLUDE.match(self._text, self._at):
            self._refuse("configuration_include", "nothing can be included: write it out here")

    def _sees(self, word: str) -> bool:
        return self._text.startswith(word, self._at)

    def _takes(self, word: str) -> bool:
        if seen := self._sees(word):
            self._at += len(word)
        return seen

    def _skip(self, pattern: re.Pattern[str]) -> str:
        if (found := pattern.match(self._text, self._at)) is None:
            return ""
        self._at = found.end()
        return found[0]

    def _refuse(self, code: str, said: str, offset: int | None = None) -> NoReturn:
        raise fault_at(self._text, self._at if offset is None else offset, code, said)


def _is_open(value: Node) -> bool:
    """Whether what it means depends on what stands elsewhere."""
    return isinstance(value, (Substitution, Joined)) or (isinstance(value, Items) and any(map(_is_open, value.items)))
