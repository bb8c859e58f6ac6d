"""Merging as released ClearML clients do it: objects into one another, everything else replaced, null too."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from services.vault.configuration.tree import Path, Tree, Value, leaves


@dataclass(frozen=True)
class Setting:
    """A key of the merged whole: who gave its value, and over whose values, the latest first, it stands."""

    path: Path
    value: Value
    winner: str
    overridden: tuple[str, ...]


def merged(lower: Tree, upper: Tree) -> Tree:
    """Neither is changed."""
    made = dict(lower)
    for key, value in upper.items():
        below = made.get(key)
        made[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return made


def whole(trees: Iterable[Tree]) -> Tree:
    """The last wins."""
    return reduce(merged, trees, {})


def settings(layers: Mapping[str, Tree]) -> list[Setting]:
    """Of the layers merged in their order: the last that speaks of a key wins it."""
    found = []
    for path, value in leaves(whole(layers.values())):
        winner, *overridden = (name for name, tree in reversed([*layers.items()]) if _speaks_of(tree, path))
        found.append(Setting(path, value, winner, tuple(overridden)))
    return found


def _speaks_of(tree: Tree, path: Path) -> bool:
    """Also by putting something else than an object where the path leads through."""
    value: Value = tree
    for part in path:
        if not isinstance(value, dict):
            return True
        if part not in value:
            return False
        value = value[part]
    return True
