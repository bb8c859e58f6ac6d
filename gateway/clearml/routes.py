"""Where calls come in, and how each is answered: always by 200 or a refusal, always in the envelope."""

from flask import Blueprint, Response
from werkzeug.exceptions import HTTPException

from gateway import problems
from gateway.calls import REFUSAL, this_request
from gateway.clearml import (  # noqa: F401 - each declares its actions
    administration,
    auth,
    login,
    organization,
    refusals,
    server,
    users,
    vaults,
)
from gateway.clearml.actions import ACTIONS, Action, checked
from gateway.clearml.call import Call, Data, Ready, envelope, read_data, read_path
from gateway.clearml.callers import check_admin, identify, identify_if_possible
from gateway.clearml.refusals import Refusal
from gateway.metrics import api_calls
from gateway.permissions import Permission, requires
from services.chassis.errors import ServiceError

blp = Blueprint("clearml", __name__)

METHODS = ("GET", "POST", "PUT")
# The others are taken too, so that even their refusal comes in the envelope.
TAKEN = (*METHODS, "OPTIONS", "PATCH", "DELETE")

# Each action demands what it declares itself, because its refusals have numbers of their own.
by_action = Permission("by_action", lambda _: None)


@blp.route("/clearml", methods=TAKEN)
@blp.route("/clearml/<rest:path>", methods=TAKEN)
@requires(by_action)
def call(path: str = "") -> Response:
    made = Call(this_request())
    try:
        return _answer(made, _run(made, path))
    except Refusal as refusal:
        return _answer(made, refusal=refusal)
    except ServiceError as error:
        return _answer(made, refusal=_of_service(error))
    except HTTPException as error:
        return _answer(made, refusal=refusals.of_http(error))


def _run(made: Call, path: str) -> Data | Ready:
    if made.request.method == "OPTIONS":
        return {}
    if made.request.method not in METHODS:
        raise Refusal(refusals.Kind(405, 0), "Use GET, POST or PUT")
    read_path(made, path)
    if (action := ACTIONS.get(made.name)) is None:
        raise Refusal(refusals.NO_ENDPOINT, f"Invalid endpoint: {made.name}")
    made.actual = action.since
    api_calls.labels("clearml", made.name).inc()
    _admit(made, action)
    made.data = checked(action.schema, read_data(made.request))
    return action.run(made)


def _admit(made: Call, action: Action) -> None:
    if action.open:
        identify_if_possible(made)
        return
    identify(made)
    if action.admin:
        check_admin(made)


def _of_service(error: ServiceError) -> Refusal:
    this_request().environ[REFUSAL] = error.code
    if error.status == 500:
        problems.internal(error)
    return refusals.of_service(error)


def _answer(made: Call, data: Data | Ready | None = None, refusal: Refusal | None = None) -> Response:
    status = refusal.kind.status if refusal else 200
    response = Response(envelope(made, data, refusal), status, content_type="application/json")
    if status in (429, 503):
        response.headers["Retry-After"] = "2"
    return response


@blp.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    return _answer(Call(this_request()), refusal=refusals.of_http(error))


@blp.errorhandler(Exception)
def _internal(error: Exception) -> Response:
    problems.internal(error)
    return _answer(Call(this_request()), refusal=Refusal(refusals.Kind(500, 0), "internal error"))
