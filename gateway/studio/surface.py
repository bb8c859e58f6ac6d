"""What all routes for these clients share: who may call, how bodies are read, and the form of refusals."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import HTTPException

from gateway import problems
from gateway.access import Principal, member_scopes
from gateway.bodies import check_depth, parse, read
from gateway.calls import Request, ask, principal
from gateway.credentials import authenticate
from gateway.metrics import api_calls
from gateway.permissions import RANKS, Permission, check_scope
from gateway.roles import role_of
from services.chassis.errors import PermissionDenied, ServiceError, Unauthenticated, Unavailable
from services.chassis.scopes import EXPERIMENTS

V = TypeVar("V", bound=Callable[..., Any])


def surface(name: str) -> Blueprint:
    """A blueprint whose refusals are what these clients show: they print the body as it is, so it is short."""
    blp = Blueprint(name, f"gateway.studio.{name}")
    blp.register_error_handler(ServiceError, _refused)
    blp.register_error_handler(HTTPException, _http)
    blp.register_error_handler(Exception, _internal)
    return blp


def counted(name: str) -> Callable[[V], V]:
    """Counts the calls of a route that its permission has let in."""

    def wrap(view: V) -> V:
        def call(**arguments: Any) -> Any:
            api_calls.labels("studio", name).inc()
            return view(**arguments)

        call.__name__, call.__dict__ = view.__name__, dict(view.__dict__)
        return call  # type: ignore[return-value]

    return wrap


def detail(text: str, status: int) -> Response:
    response = jsonify(detail=text)
    response.status_code = status
    return response


def body(req: Request, most: int | None = None) -> dict[str, Any]:
    """Whatever the content type says: these clients send nothing but JSON."""
    if most is not None:
        req.max_content_length = most
    raw = read(req)
    sent = parse(raw) if raw else {}
    check_depth(sent)
    return sent


def by_header(req: Request) -> Principal:
    """Never by cookie: no browser calls this surface by itself."""
    if not req.environ.get("HTTP_AUTHORIZATION"):
        raise Unauthenticated("authentication_required", "Send an access token: Authorization: token <token>")
    return authenticate(req)


token_holder = Permission("token", by_header)
reporter = Permission(f"token:{EXPERIMENTS}", lambda req: check_scope(by_header(req), EXPERIMENTS))


def workspace_of(req: Request) -> str:
    """Where the caller's reports belong: the first workspace of the token in which they may write, else the personal one."""
    who = principal()
    bound = [_personal(req, who.account_id)] if who.workspace_ids is None else [str(id) for id in who.workspace_ids]
    for workspace_id in bound:
        if RANKS.get(role_of(req, workspace_id, who.account_id) or "", -1) >= RANKS["editor"]:
            req.workspace_id = workspace_id
            return workspace_id
    raise PermissionDenied("role_insufficient", "You may not write in the workspace of this access token.")


def _personal(req: Request, account_id: str) -> str:
    access = req.gateway.access

    def find() -> str | None:
        found: str | None = ask("workspaces", "personal_workspace", account_id=account_id)["workspace_id"]
        return found

    workspace_id = access.through(access.roles, ("personal", account_id), find, lambda found: member_scopes(found or "", account_id))
    if workspace_id is None:
        raise Unavailable("workspace_not_ready", "The account is being set up: try again.", {"retry_after": 1})
    return workspace_id


def _refused(error: ServiceError) -> Response:
    if error.status == 500:
        return _internal(error)
    response = problems.refused(error)
    answer = detail(error.detail or error.title, error.status)
    for name in ("Retry-After", "WWW-Authenticate"):
        if name in response.headers:
            answer.headers[name] = response.headers[name]
    return answer


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    return detail(problems.DETAILS.get(status, error.name), status)


def _internal(error: Exception) -> Response:
    return detail("Something went wrong here.", problems.internal(error).status_code)
