"""Who is what in which workspace, as this gateway remembers it."""

from gateway.access import FOREVER, Standing, ending, member_scopes
from gateway.calls import Request, ask


def role_of(req: Request, workspace_id: str, account_id: str) -> str | None:
    access = req.gateway.access
    found = access.through(
        access.roles,
        (workspace_id, account_id),
        lambda: _standing(workspace_id, account_id),
        lambda _: member_scopes(workspace_id, account_id),
        lambda standing: standing.until if standing else FOREVER,
    )
    return found.role if found else None


def _standing(workspace_id: str, account_id: str) -> Standing | None:
    found = ask("workspaces", "role", workspace_id=workspace_id, account_id=account_id)
    return Standing(found["role"], ending(found["expires_at"])) if found["role"] else None
