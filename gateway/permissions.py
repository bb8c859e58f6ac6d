"""What each route demands of its caller, declared beside it and checked in one place."""

from collections.abc import Callable
from typing import Any, TypeVar

from gateway.access import FOREVER, Standing, ending, member_scopes
from gateway.calls import Request, ask
from gateway.credentials import authenticate
from services.chassis.errors import NotFound, PermissionDenied

F = TypeVar("F", bound=Callable[..., Any])
RANKS = {"viewer": 0, "editor": 1, "admin": 2}


class Permission:
    """``check`` returns when the caller may go on, and raises the refusal otherwise."""

    def __init__(self, name: str, check: Callable[[Request], object]) -> None:
        self.name, self.check = name, check


def requires(permission: Permission) -> Callable[[F], F]:
    def declare(view: F) -> F:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return declare


def permission_of(view: Any) -> Permission:
    """Raises for a view that declares none."""
    found: Permission = view.permission
    return found


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


def _operator(req: Request) -> None:
    if not authenticate(req).operator:
        raise PermissionDenied("operator_only", "Only the operator of this installation may do this.")


def _role(least: str) -> Permission:
    rank = RANKS[least]

    def check(req: Request) -> None:
        who = authenticate(req)
        role = role_of(req, str(req.view_args["workspace_id"]), who.account_id)  # type: ignore[index]
        if role is None:
            raise NotFound("workspace_not_found", "There is no such workspace, or you are not in it.")
        if RANKS[role] < rank:
            raise PermissionDenied("role_insufficient", f"This needs the role {least}.")

    return Permission(f"role:{least}", check)


public = Permission("public", lambda _: None)
signed_in = Permission("signed_in", authenticate)
operator = Permission("operator", _operator)
member = _role("viewer")
editor = _role("editor")
admin = _role("admin")
