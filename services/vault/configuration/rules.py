"""What no configuration may set, what clients could not hold, and what its editor is warned of."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.vault.configuration.budget import DEPTH, Budget
from services.vault.configuration.faults import fault
from services.vault.configuration.tree import Path, Tree, Value, leaves, named

# They belong to one machine and its agent.
FORBIDDEN = frozenset(
    f"agent.{name}" for name in ("cuda_version", "cudnn_version", "default_python", "worker_id", "worker_name", "debug")
)  # fmt: skip
_ADDRESS = ("redirects_clients", "clients that start later use this to reach and log in to a server")
_ENVIRONMENT = ("sets_environment", "clients may set environment variables of their process by this")
_FILES = ("writes_files", "clients may write files on their machine by this")
_WARNED = {
    "api": _ADDRESS,
    "environment": _ENVIRONMENT,
    "sdk.apply_environment": _ENVIRONMENT,
    "agent.apply_environment": _ENVIRONMENT,
    "files": _FILES,
    "sdk.apply_files": _FILES,
    "agent.apply_files": _FILES,
}


@dataclass(frozen=True)
class Warned:
    key: str
    code: str
    detail: str


def check(tree: Tree, budget: Budget) -> None:
    """Raises for the first thing that must not be; also for what released clients would misread or drop."""
    _check((), tree, 0, budget)


def warnings(tree: Tree) -> list[Warned]:
    return [Warned(named(path), code, detail) for path, value in leaves(tree) for code, detail in _of(path, value)]


def _check(path: Path, value: Value, depth: int, budget: Budget) -> None:
    budget.spend()
    if isinstance(value, str):
        budget.spend(0, len(value))
        _check_letters(path, value, "\t\n\r")
    elif isinstance(value, (dict, list)):
        if depth == DEPTH:
            raise fault("configuration_too_deep", f"objects and lists may lie in one another {DEPTH} deep", key=named(path))
        for key, child in value.items() if isinstance(value, dict) else ((None, child) for child in value):
            _check(path if key is None else _checked((*path, key)), child, depth + 1, budget)


def _checked(path: Path) -> Path:
    key = path[-1]
    if not key or '"' in key or "\\" in key:
        raise fault(
            "configuration_key", "clients cannot hold a key that is empty or has a quotation mark or backslash", key=named(path[:-1])
        )
    _check_letters(path[:-1], key, "")
    if (dotted := _dotted(path)) in FORBIDDEN:
        raise fault("configuration_forbidden_key", "belongs to each machine's agent and cannot be set here", key=dotted)
    return path


def _check_letters(path: Path, text: str, allowed: str) -> None:
    """Clients read JSON's escapes for these as the letters of the escape."""
    if not text.isprintable() and any((c < " " and c not in allowed) or "\ud800" <= c <= "\udfff" for c in text):
        raise fault("configuration_letters", "clients would misread a control character or half of a surrogate pair", key=named(path))


def _of(path: Path, value: Value) -> Iterator[tuple[str, str]]:
    dotted = _dotted(path)
    for prefix, warned in _WARNED.items():
        if f"{dotted}.".startswith(f"{prefix}."):
            yield warned
    if isinstance(value, list) and "" in _texts(value):
        yield "text_lost", "clients leave empty texts out of lists"


def _texts(items: list[Value]) -> Iterator[Value]:
    for item in items:
        if isinstance(item, list):
            yield from _texts(item)
        else:
            yield item


def _dotted(path: Path) -> str:
    """One spelling for all: nested, dotted or in quotation marks."""
    return ".".join(part.strip() for part in ".".join(path).split("."))
