"""Who is what in which workspace, as this gateway remembers it."""

from gateway.access import member_scopes
from gateway.calls import Request, ask


def role_of(req: Request, workspace_id: str, account_id: str) -> str | None:
    access = req.gateway.access
    return access.through(
        access.roles,
        (workspace_id, account_id),
        lambda: ask("workspaces", "role", workspace_id=workspace_id, account_id=account_id)["role"],
        lambda _: member_scopes(workspace_id, account_id),
    )
