"""What each route demands of its caller, declared beside it and checked in one place."""

from collections.abc import Callable
from typing import Any, TypeVar

from gateway.access import Principal
from gateway.calls import Request
from gateway.credentials import authenticate
from gateway.roles import role_of
from services.chassis.errors import NotFound, PermissionDenied
from services.chassis.scopes import ACCOUNT, SECRETS, USAGE, WORKSPACES

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


def check_scope(who: Principal, scope: str) -> None:
    if who.scopes is not None and scope not in who.scopes:
        raise PermissionDenied("scope_missing", f"This credential lacks the scope {scope}.", {"scope": [scope]})


def check_workspace(who: Principal, workspace_id: str) -> None:
    """Refuses before anybody has looked whether the workspace exists, so it gives nothing away."""
    if who.workspace_ids is not None and workspace_id not in who.workspace_ids:
        raise PermissionDenied("workspace_not_covered", "This credential is good for other workspaces only.")


def check_everywhere(who: Principal) -> None:
    if who.workspace_ids is not None:
        raise PermissionDenied("workspace_not_covered", "This credential is good for certain workspaces only.")


def _signed_in(req: Request) -> None:
    check_scope(authenticate(req), ACCOUNT)


def check_session(who: Principal) -> None:
    if not who.session_id:
        raise PermissionDenied("session_required", "Sign in yourself for this: no token or key may do it.")


def check_program(who: Principal) -> None:
    if who.session_id:
        raise PermissionDenied("token_required", "A session is not enough for this: use a token or key that has the scope.")


def _in_session(req: Request) -> None:
    check_scope(who := authenticate(req), ACCOUNT)
    check_session(who)


def _handed_over(req: Request) -> None:
    check_scope(who := authenticate(req), SECRETS)
    check_program(who)
    check_everywhere(who)


def _operator(req: Request) -> None:
    check_scope(who := authenticate(req), ACCOUNT)
    _check_operator(who)


def scoped(scope: str) -> Permission:
    """Anybody whose credential has the scope: a session has every one."""
    return Permission(f"scope:{scope}", lambda req: check_scope(authenticate(req), scope))


def role(least: str, scope: str = WORKSPACES, *, session: bool = False, program: bool = False) -> Permission:
    """``session``: the caller has to have signed in, so that no program makes itself more than it was given; ``program``: must not have."""
    rank = RANKS[least]

    def check(req: Request) -> None:
        who = authenticate(req)
        check_scope(who, scope)
        workspace_id = req.workspace_id = str(req.view_args["workspace_id"])  # type: ignore[index]
        check_workspace(who, workspace_id)
        if session:
            check_session(who)
        if program:
            check_program(who)
        found = role_of(req, workspace_id, who.account_id)
        if found is None:
            raise NotFound("workspace_not_found", "There is no such workspace, or you are not in it.")
        if RANKS[found] < rank:
            raise PermissionDenied("role_insufficient", f"This needs the role {least}.")

    more = [*([scope] if scope != WORKSPACES else []), *(["session"] if session else []), *(["token"] if program else [])]
    return Permission(":".join(["role", least, *more]), check)


def _platform(req: Request) -> None:
    """What workspaces use is told by whoever runs the platform: those who pay for it do not say how much it is."""
    check_scope(who := authenticate(req), USAGE)
    check_workspace(who, str(req.view_args["workspace_id"]))  # type: ignore[index]
    _check_operator(who)


def _check_operator(who: Principal) -> None:
    if not who.operator:
        raise PermissionDenied("operator_only", "Only the operator of this installation may do this.")


public = Permission("public", lambda _: None)
signed_in = Permission("signed_in", _signed_in)
in_session = Permission("session", _in_session)
handed_over = Permission("token:secrets", _handed_over)
operator = Permission("operator", _operator)
platform = Permission("operator:usage", _platform)
member = role("viewer")
editor = role("editor")
admin = role("admin")
