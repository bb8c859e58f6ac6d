"""Substitutions written out, each from the same text: every step is paid for, none leaves it."""

import json
from functools import reduce
from typing import Any

from services.vault.configuration.budget import Budget
from services.vault.configuration.faults import fault, fault_at
from services.vault.configuration.hocon_nodes import Before, Blank, Fields, Items, Joined, Layers, Node, Substitution
from services.vault.configuration.merging import merged
from services.vault.configuration.tree import Tree, Value, named

# Of objects, lists and substitutions in one another.
DEPTH = 60


class Missing:
    """Stands for no value at all, which is not null."""


MISSING = Missing()
Found = Value | Missing


class Resolver:
    def __init__(self, text: str, root: Fields, budget: Budget) -> None:
        self._text, self._root, self._budget = text, root, budget
        # Keys whose value is being made, each with what its earlier layers came to.
        self._open: list[tuple[Layers, Found]] = []

    def resolved(self) -> Tree:
        return self._object(self._root, 0)

    def _value(self, node: Node | Found, depth: int) -> Found:
        self._budget.spend()
        if depth > DEPTH:
            raise fault("configuration_too_deep", f"objects, lists and substitutions may lie in one another {DEPTH} deep")
        match node:
            case Substitution():
                return self._substituted(node, depth)
            case Before():
                return self._open[-1][1]
            case Layers():
                return self._layered(node, depth)
            case Joined():
                return self._joined(node, [self._value(part, depth + 1) for part in node.parts])
            case Items(items) | list(items):
                return [value for item in items if not isinstance(value := self._value(item, depth + 1), Missing)]
            case dict():
                return self._object(node, depth + 1)
            case str():
                self._budget.spend(0, len(node))
        return node

    def _object(self, fields: dict[str, Any], depth: int) -> Tree:
        self._budget.spend(0, sum(map(len, fields)))
        return {key: value for key, node in fields.items() if not isinstance(value := self._value(node, depth), Missing)}

    def _layered(self, layers: Layers, depth: int) -> Found:
        below: Found = MISSING
        for layer in layers:
            self._open.append((layers, below))
            value = self._value(layer, depth + 1)
            self._open.pop()
            if isinstance(value, dict) and isinstance(below, dict):
                below = self._merged(below, value)
            elif not isinstance(value, Missing):
                below = value
        return below

    def _substituted(self, wanted: Substitution, depth: int) -> Found:
        node: Any = self._root
        own = False
        for part in wanted.path:
            inner = node.get(part, MISSING) if isinstance(node, dict) else MISSING
            own = any(layers is inner for layers, _ in self._open)
            node = self._so_far(inner, depth) if isinstance(inner, Layers) else inner
        value = self._value(node, depth + 1)
        if isinstance(value, Missing) and not (own and wanted.optional):
            said = f"{named(wanted.path)} is not given in this text, or only by itself; no environment and no other vault is looked into"
            raise fault_at(self._text, wanted.offset, "configuration_substitution", said)
        return value

    def _so_far(self, layers: Layers, depth: int) -> Found:
        """Of a key that is being made right now: what it was before, so that it may refer to itself."""
        for known, below in reversed(self._open):
            if known is layers:
                return below
        return self._layered(layers, depth + 1)

    def _joined(self, node: Joined, values: list[Found]) -> Found:
        """Objects are merged, lists put one after the other; anything else makes a text."""
        parts = [value for value in values if not isinstance(value, (Blank, Missing))]
        if len(parts) < 2:
            return parts[0] if parts else MISSING
        kinds = {type(part) if isinstance(part, (dict, list)) else str for part in parts}
        if kinds == {dict}:
            return reduce(self._merged, parts)  # type: ignore[arg-type]
        if kinds == {list}:
            self._budget.spend(sum(map(len, parts)))  # type: ignore[arg-type]
            return [item for part in parts for item in part]  # type: ignore[union-attr]
        if kinds == {str}:
            return "".join(_text(value) for value in values if not isinstance(value, Missing))
        raise fault_at(self._text, node.offset, "configuration_malformed", "objects, lists and texts cannot be joined with one another")

    def _merged(self, lower: Tree, upper: Tree) -> Tree:
        self._budget.spend(len(lower))
        return merged(lower, upper)


def _text(part: Value) -> str:
    return str(part) if isinstance(part, str) else json.dumps(part)
