"""The Flask application."""

import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import flask
from flask.sessions import SessionInterface
from werkzeug.exceptions import RequestURITooLarge
from werkzeug.routing import MapAdapter

from gateway import openapi, problems
from gateway.access import Access
from gateway.api import (
    account_pages,
    accounts,
    active,
    audit,
    billing,
    check,
    cloud_credentials,
    credentials,
    device_page,
    devices,
    docs,
    emails,
    experiments,
    groups,
    invitations,
    invoices,
    jwks,
    listings,
    members,
    notices,
    ops,
    pages,
    passwords,
    payments,
    profile,
    resources,
    rules,
    sessions,
    storage_access,
    tokens,
    usage,
    vault_versions,
    vaults,
    verify,
    workspaces,
)
from gateway.calls import Client, Gateway, Request, this_request
from gateway.clearml import routes as clearml
from gateway.edge import Answered, Edge
from gateway.jwt import Verifier
from gateway.permissions import permission_of
from gateway.readings import Readings
from gateway.refusals import Refusals
from gateway.routing import AccessKey, InvoiceNumber, ResourceId, ResourceType, Rest, Token, UserCode
from gateway.seen import Seen
from gateway.studio import device, live
from gateway.tracing import traced
from gateway.uses import Uses
from services.chassis.rpc_client import patience
from services.chassis.secrets import Keys
from services.chassis.settings import Settings

RESOURCES = (
    accounts,
    profile,
    emails,
    passwords,
    sessions,
    active,
    tokens,
    devices,
    notices,
    workspaces,
    members,
    invitations,
    credentials,
    vaults,
    vault_versions,
    cloud_credentials,
    storage_access,
    experiments,
    groups,
    rules,
    resources,
    check,
    listings,
    billing,
    invoices,
    usage,
    payments,
    audit,
)
# The server itself takes more, but has only an empty answer to what is more than that.
LONGEST_QUERY = 8_000
PLAIN = (ops, docs, pages, account_pages, jwks, device_page, verify, clearml, device, live)


class _NoSessions(SessionInterface):
    """Flask's own sessions; ours are identity's."""

    def open_session(self, *_: Any) -> None:
        return None

    def make_null_session(self, *_: Any) -> None:  # type: ignore[override]
        return None


class Application(flask.Flask):
    """Flask without what each request would pay for and none uses: hooks, cookie sessions, views that are coroutines."""

    request_class = Request
    session_interface = _NoSessions()

    def __init__(self, gateway: Gateway, refusals: Refusals) -> None:
        super().__init__("gateway", static_folder=None)
        self.gateway, self.refusals = gateway, refusals

    def create_url_adapter(self, request: flask.Request | None) -> MapAdapter | None:
        """Whatever host a client says it asks, the routes are the same; Flask would look at it twice."""
        if request is None:
            return None
        environ = request.environ
        path, query = environ["PATH_INFO"].encode("latin1").decode(errors="replace"), environ.get("QUERY_STRING", "")
        return MapAdapter(self.url_map, "", environ["SCRIPT_NAME"], "", environ["wsgi.url_scheme"], path, environ["REQUEST_METHOD"], query)

    def full_dispatch_request(self) -> flask.Response:
        # However many calls a request makes, its caller waits for one time-out at most.
        token = patience.set(time.monotonic() + self.gateway.settings.rpc_timeout)
        try:
            return super().full_dispatch_request()
        finally:
            patience.reset(token)

    def preprocess_request(self) -> None:
        """Checks what the route demands. One that declares nothing fails here, closed to everybody."""
        req = this_request()
        req.gateway = self.gateway
        if len(req.environ.get("QUERY_STRING", "")) > LONGEST_QUERY:
            raise RequestURITooLarge
        if req.url_rule is not None:
            permission_of(self.view_functions[req.url_rule.endpoint]).check(req)

    def process_response(self, response: flask.Response) -> flask.Response:
        return response

    def do_teardown_request(self, exc: BaseException | None = None) -> None:
        pass

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(
    settings: Settings, client: Client, access: Access, not_ready: Callable[[], dict[str, str]] = dict, *answered: Answered
) -> Application:
    """``not_ready`` says by name what keeps this process from serving; nothing if all is well. ``answered`` is told of each answer."""
    seen = Seen(client.call, settings.seen_minutes)
    uses, verifier = Uses(client.call, settings.last_use_minutes), Verifier(settings.url)
    readings = Readings(settings.reading_minutes)
    refusals = Refusals(client.call, settings.refusal_seconds, settings.refusal_kinds)
    app = Application(Gateway(settings, client, access, Keys(settings.secret_key), seen, uses, readings, verifier), refusals)
    # Forms are only as large as a token; bodies in JSON are kept whole in memory.
    app.config.update(MAX_CONTENT_LENGTH=settings.max_body, PROVIDE_AUTOMATIC_OPTIONS=False, MAX_FORM_MEMORY_SIZE=10_000)
    app.url_map.converters.update(
        token=Token, key=AccessKey, code=UserCode, number=InvoiceNumber, rest=Rest, type=ResourceType, resource=ResourceId
    )
    # An address is served as it is or not at all: some clients lose their credentials or their body on a redirect.
    app.url_map.strict_slashes = app.url_map.merge_slashes = False
    app.extensions["gatehouse.problems"] = not_ready
    _add_routes(app)
    problems.register(app)
    app.wsgi_app = traced(Edge(app.wsgi_app, app.refusals.note, *answered))  # type: ignore[method-assign,assignment]
    return app


def _add_routes(app: Application) -> None:
    api = openapi.create(app)
    for module in RESOURCES:
        api.register_blueprint(module.blp)
    for module in PLAIN:
        app.register_blueprint(module.blp)
    app.extensions["gatehouse.openapi"] = cache(lambda: json.dumps(openapi.finish(app, api.spec.to_dict())))
