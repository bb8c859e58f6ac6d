"""How each sink does, for people."""

from collections.abc import Mapping

from services.audit.sinks.sender import JOURNAL
from services.audit.sinks.states import SinkStates
from services.audit.sinks.targets import Target
from services.chassis import positions
from services.chassis.database import Database
from services.chassis.views import Row


def of(targets: Mapping[str, Target], states: SinkStates, db: Database) -> list[Row]:
    """Those too that are no longer configured: they keep entries from being dropped until they are forgotten."""
    with db.connection() as connection:
        heard = positions.read(connection, JOURNAL)
    known, taken = states.all(), states.acknowledged()
    return [_line(name, targets.get(name), known.get(name), taken.get(name, {}), heard) for name in sorted({*targets, *known})]


def _line(name: str, target: Target | None, state: Row | None, taken: Mapping[str, int], heard: Mapping[str, int]) -> Row:
    return {
        "name": name,
        "where": target.where if target else "",
        "state": _state(target, state),
        "positions": taken,
        "behind": sum(position - taken.get(source, 0) for source, position in heard.items()),
        "delivered_at": state["delivered_at"] if state else None,
        "error": state["error"] if state else "",
    }


def _state(target: Target | None, state: Row | None) -> str:
    if target is None:
        return "not configured"
    if state is None:
        return "not started"
    return "disabled" if state["disabled_at"] else "failing" if state["failures"] else "sending"
