"""What every format is read into: objects, lists, texts, numbers, true, false and null."""

import re
from collections.abc import Iterator

Value = dict[str, "Value"] | list["Value"] | str | int | float | bool | None
Tree = dict[str, Value]
Path = tuple[str, ...]


def named(path: Path) -> str:
    """As HOCON writes it: a part that holds a dot stands in quotation marks."""
    return ".".join(f'"{part}"' if "." in part else part for part in path)


def parts(name: str) -> Path:
    """Of a name made by ``named``; no key holds a quotation mark."""
    return tuple(quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|([^."]+)', name))


def leaves(tree: Tree, path: Path = ()) -> Iterator[tuple[Path, Value]]:
    """Whatever is not an object with something in it, in order."""
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value
