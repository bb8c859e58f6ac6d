"""What clients are handed, and what they hold of it once they have read it."""

import json

from services.vault.configuration.tree import Tree, Value


def served(tree: Tree) -> str:
    """JSON, whatever it was written in: clients read all they are given as HOCON, which takes JSON's escapes in ASCII for plain letters."""
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))


def held(tree: Tree) -> Tree:
    """Clients leave empty texts out of lists."""
    return {key: _held(value) for key, value in tree.items()}


def _held(value: Value) -> Value:
    if isinstance(value, dict):
        return held(value)
    if isinstance(value, list):
        return [_held(item) for item in value if item != ""]
    return value
