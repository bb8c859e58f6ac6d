"""Whether anything new may be begun in a workspace: its plan may not give it, which the service of workspaces decides."""

from typing import Any, NamedTuple

from gateway.access import ending
from gateway.calls import Request, ask


class Growth(NamedTuple):
    """``refusal``: code, detail and fields of what is answered to whoever tries, if nothing may be begun."""

    refusal: dict[str, Any] | None
    until: float


def no_room(req: Request, workspace_id: str) -> dict[str, Any] | None:
    """As this gateway remembers it until something about the workspace changes."""
    access = req.gateway.access
    found = access.through(
        access.roles,
        ("growth", workspace_id),
        lambda: _growth(workspace_id),
        lambda _: (workspace_id,),
        lambda growth: growth.until,
    )
    return found.refusal


def _growth(workspace_id: str) -> Growth:
    found = ask("workspaces", "growth", workspace_id=workspace_id)
    return Growth(found["refusal"], ending(found["until"]))
