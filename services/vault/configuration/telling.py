"""Of keys, never of values."""

from collections.abc import Iterable

from services.vault.configuration.clients import served
from services.vault.configuration.tree import Tree, leaves, named, parts


def keys(tree: Tree) -> list[str]:
    return [named(path) for path, _ in leaves(tree)]


def tree(names: Iterable[str]) -> Tree:
    """One that has these keys and says nothing about their values."""
    made: Tree = {}
    for name in names:
        *above, last = parts(name)
        place = made
        for part in above:
            place = place.setdefault(part, {})  # type: ignore[assignment]
        place[last] = None
    return made


def difference(before: Tree, after: Tree) -> dict[str, list[str]]:
    old, new = ({path: served({"": value}) for path, value in leaves(tree)} for tree in (before, after))
    return {
        "added": [named(path) for path in new if path not in old],
        "removed": [named(path) for path in old if path not in new],
        "changed": [named(path) for path in new if path in old and new[path] != old[path]],
    }
