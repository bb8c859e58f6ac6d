"""Of keys, never of values."""

from services.vault.configuration.clients import served
from services.vault.configuration.tree import Tree, leaves, named


def keys(tree: Tree) -> list[str]:
    return [named(path) for path, _ in leaves(tree)]


def difference(before: Tree, after: Tree) -> dict[str, list[str]]:
    old, new = ({path: served({"": value}) for path, value in leaves(tree)} for tree in (before, after))
    return {
        "added": [named(path) for path in new if path not in old],
        "removed": [named(path) for path in old if path not in new],
        "changed": [named(path) for path in new if path in old and new[path] != old[path]],
    }
