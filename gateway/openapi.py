"""The OpenAPI 3.1 document, generated from the routes."""

from typing import Any

from flask import Flask
from flask_smorest import Api
from flask_smorest.spec.plugins import FlaskPlugin

from gateway.api.schemas import Problem
from gateway.decisions import TYPES
from gateway.permissions import Permission, permission_of
from gateway.problems import MEDIA_TYPE
from gateway.routing import AccessKey, ResourceId, ResourceType, Token, UserCode

DESCRIPTION = """Accounts, workspaces, members, decisions and the audit trail.

Sign in with `POST /v1/sessions`. The cookie it sets needs the answered `csrf_token` as `X-CSRF-Token` with every unsafe method;
a script asks for `{"token": true}` and sends the answered `session_token` as `Authorization: Bearer`. Every refusal is a problem
document (RFC 9457). `Idempotency-Key` on a POST makes a retry safe. Lists are read on with `cursor`."""

SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "gatehouse_session"},
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "a retry with the same key takes effect once",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}


class Document(Api):
    ERROR_SCHEMA = Problem
    # flask-smorest would document our refusals as application/json and answer with its own.
    DEFAULT_ERROR_RESPONSE_NAME = "Problem"

    def _register_error_handlers(self) -> None:
        pass

    def _register_responses(self) -> None:
        problem = {"description": "A refusal", "content": {MEDIA_TYPE: {"schema": Problem}}}
        self.spec.components.response("Problem", problem)
        self.spec.components.response("UNPROCESSABLE_CONTENT", problem, lazy=True)
        self.spec.components.response("UNPROCESSABLE_ENTITY", problem, lazy=True)


def create(app: Flask) -> Document:
    app.config.update(API_TITLE="Gatehouse", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    api = Document(spec_kwargs={"info": {"description": DESCRIPTION}, "security": []})
    api.register_converter(Token, lambda _: {"type": "string", "pattern": f"^{Token.regex}$"})
    api.register_converter(AccessKey, lambda _: {"type": "string", "pattern": f"^{AccessKey.regex}$"})
    api.register_converter(UserCode, lambda _: {"type": "string", "pattern": f"^{UserCode.regex}$"})
    api.register_converter(ResourceType, lambda _: {"type": "string", "enum": list(TYPES)})
    api.register_converter(ResourceId, lambda _: {"type": "string", "minLength": 1, "maxLength": 200})
    api.init_app(app)
    for name, scheme in SCHEMES.items():
        api.spec.components.security_scheme(name, scheme)
    return api


def finish(app: Flask, document: dict[str, Any]) -> dict[str, Any]:
    """Adds to each operation what follows from its route's permission and method."""
    for rule in app.url_map.iter_rules():
        operations = document["paths"].get(FlaskPlugin.flaskpath2openapi(rule.rule), {})
        for method in (rule.methods or set()) & {m.upper() for m in operations}:
            _complete(operations[method.lower()], method, permission_of(app.view_functions[rule.endpoint]))
    return document


def _complete(operation: dict[str, Any], method: str, permission: Permission) -> None:
    operation["x-permission"] = permission.name
    if permission.name != "public":
        operation["security"] = [{"bearer": []}, {"cookie": []}]
    if method == "POST":
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
