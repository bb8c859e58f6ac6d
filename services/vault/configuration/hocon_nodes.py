"""What HOCON text is read into before it is known what its substitutions stand for."""

from dataclasses import dataclass

from services.vault.configuration.tree import Path


class Blank(str):
    """Between two parts of a value: kept between texts, nothing between objects or lists."""


class Before:
    """What the same key was given earlier, if anything: ``+=`` adds to it."""


@dataclass(frozen=True, slots=True)
class Substitution:
    path: Path
    optional: bool
    offset: int


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts that stand beside one another."""

    parts: "list[Node]"
    offset: int


@dataclass(frozen=True, slots=True)
class Items:
    items: "list[Node]"


class Layers(list["Node"]):
    """All that one key was given, where a later one refers to an earlier one, or may be an object to merge with it."""


class Fields(dict[str, "Node"]):
    def put(self, path: Path, value: "Node") -> None:
        for part in reversed(path[1:]):
            value = Fields({part: value})
        self._merge(path[0], value)

    def _merge(self, key: str, value: "Node") -> None:
        before = self.get(key)
        if isinstance(before, Fields) and isinstance(value, Fields):
            for inner, child in value.items():
                before._merge(inner, child)
        elif isinstance(before, Layers) and isinstance(value, (Layers, Fields)):
            before.extend(value if isinstance(value, Layers) else [value])
        elif isinstance(value, Layers) and key in self:
            self[key] = Layers([before, *value])
        else:
            self[key] = value


Node = str | int | float | bool | Before | Substitution | Joined | Items | Layers | Fields | None
