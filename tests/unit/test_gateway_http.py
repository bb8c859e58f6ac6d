"""Routes and their permissions, problem documents, and what every answer carries."""

import json
import re

import pytest
from flask.testing import FlaskClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.app import Application
from gateway.calls import client_ip, user_agent
from gateway.clearml.routes import TAKEN
from gateway.permissions import Permission, public, requires
from gateway.tracing import Traced
from services.chassis import errors
from tests.builders.gateway import application

W = "/v1/workspaces/<uuid:workspace_id>"
ROUTES = {
    "GET /v1/plans": "signed_in",
    f"GET {W}/subscription": "role:viewer",
    f"POST {W}/subscription/changes": "role:admin",
    f"GET {W}/charges": "role:admin",
    f"GET {W}/billing-info": "role:admin",
    f"PUT {W}/billing-info": "role:admin",
    f"GET {W}/invoices": "role:admin",
    f"GET {W}/invoices/<number:number>": "role:admin",
    f"GET {W}/invoices/<number:number>.pdf": "role:admin",
    f"GET {W}/invoices/<number:number>.csv": "role:admin",
    f"GET {W}/invoices/<number:number>.json": "role:admin",
    f"POST {W}/invoices/<number:number>/send": "role:admin",
    f"GET {W}/payment-method": "role:admin",
    f"PUT {W}/payment-method": "role:admin",
    "POST /v1/billing/invoices/<number:number>/payments": "operator",
    "POST /v1/billing/webhooks/stripe": "public",
    "GET /v1/audit/export": "operator",
    "GET /v1/audit/heads": "public",
    "GET /v1/audit/key": "public",
    "GET /v1/audit/proofs/consistency": "operator",
    "GET /v1/audit/proofs/inclusion": "operator",
    "GET /v1/workspaces/<uuid:workspace_id>/audit/export": "role:admin",
    "GET /v1/workspaces/<uuid:workspace_id>/audit/proofs/consistency": "role:admin",
    "GET /v1/workspaces/<uuid:workspace_id>/audit/proofs/inclusion": "role:admin",
    "GET /v1/workspaces/<uuid:workspace_id>/audit/checkpoints": "role:admin",
    "GET /v1/workspaces/<uuid:workspace_id>/groups": "role:admin",
    "POST /v1/workspaces/<uuid:workspace_id>/groups": "role:admin",
    "GET /v1/workspaces/<uuid:workspace_id>/groups/<uuid:group_id>": "role:admin",
    "PATCH /v1/workspaces/<uuid:workspace_id>/groups/<uuid:group_id>": "role:admin",
    "DELETE /v1/workspaces/<uuid:workspace_id>/groups/<uuid:group_id>": "role:admin",
    "PUT /v1/workspaces/<uuid:workspace_id>/groups/<uuid:group_id>/members/<uuid:account_id>": "role:admin",
    "DELETE /v1/workspaces/<uuid:workspace_id>/groups/<uuid:group_id>/members/<uuid:account_id>": "role:admin",
    "GET /v1/workspaces/<uuid:workspace_id>/rules": "role:admin",
    "POST /v1/workspaces/<uuid:workspace_id>/rules": "role:admin",
    "GET /v1/workspaces/<uuid:workspace_id>/rules/<uuid:rule_id>": "role:admin",
    "PUT /v1/workspaces/<uuid:workspace_id>/rules/<uuid:rule_id>": "role:admin",
    "DELETE /v1/workspaces/<uuid:workspace_id>/rules/<uuid:rule_id>": "role:admin",
    "GET /v1/workspaces/<uuid:workspace_id>/resources": "role:viewer",
    "PUT /v1/workspaces/<uuid:workspace_id>/resources/<type:type>/<resource:id>": "role:viewer",
    "DELETE /v1/workspaces/<uuid:workspace_id>/resources/<type:type>/<resource:id>": "role:viewer",
    "POST /v1/workspaces/<uuid:workspace_id>/resources:batch": "role:viewer",
    "POST /v1/workspaces/<uuid:workspace_id>/check:batch": "role:viewer",
    "GET /v1/workspaces/<uuid:workspace_id>/accessible": "role:viewer",
    "GET /v1/workspaces/<uuid:workspace_id>/who-can": "role:admin",
    "DELETE /v1/verify": "verified",
    "GET /v1/verify": "verified",
    "OPTIONS /v1/verify": "verified",
    "PATCH /v1/verify": "verified",
    "POST /v1/verify": "verified",
    "PUT /v1/verify": "verified",
    "DELETE /v1/verify/<rest:rest>": "verified",
    "GET /v1/verify/<rest:rest>": "verified",
    "OPTIONS /v1/verify/<rest:rest>": "verified",
    "PATCH /v1/verify/<rest:rest>": "verified",
    "POST /v1/verify/<rest:rest>": "verified",
    "PUT /v1/verify/<rest:rest>": "verified",
    "GET /v1/workspaces/<uuid:workspace_id>/vault": "role:viewer",
    "PUT /v1/workspaces/<uuid:workspace_id>/vault": "role:viewer",
    "GET /v1/workspaces/<uuid:workspace_id>/vault/download": "role:viewer",
    "GET /v1/workspaces/<uuid:workspace_id>/vault/versions": "role:viewer",
    "GET /v1/workspaces/<uuid:workspace_id>/vault/versions/<int:version>": "role:viewer",
    "GET /v1/workspaces/<uuid:workspace_id>/vault/diff": "role:viewer",
    "POST /v1/workspaces/<uuid:workspace_id>/vault/rollback": "role:viewer",
    "GET /v1/workspaces/<uuid:workspace_id>/vaults/<uuid:vault_id>": "role:admin",
    "PUT /v1/workspaces/<uuid:workspace_id>/vaults/<uuid:vault_id>": "role:admin",
    "GET /v1/workspaces/<uuid:workspace_id>/vaults/<uuid:vault_id>/download": "role:admin",
    "GET /v1/workspaces/<uuid:workspace_id>/vaults/<uuid:vault_id>/versions": "role:admin",
    "GET /v1/workspaces/<uuid:workspace_id>/vaults/<uuid:vault_id>/versions/<int:version>": "role:admin",
    "GET /v1/workspaces/<uuid:workspace_id>/vaults/<uuid:vault_id>/diff": "role:admin",
    "POST /v1/workspaces/<uuid:workspace_id>/vaults/<uuid:vault_id>/rollback": "role:admin",
    "GET /v1/workspaces/<uuid:workspace_id>/vaults": "role:admin",
    "POST /v1/workspaces/<uuid:workspace_id>/vaults": "role:admin",
    "DELETE /v1/workspaces/<uuid:workspace_id>/vaults/<uuid:vault_id>": "role:admin",
    "GET /v1/workspaces/<uuid:workspace_id>/effective-configuration": "role:viewer",
    "POST /v1/accounts": "public",
    "POST /v1/email-verifications": "public",
    "GET /v1/account": "signed_in",
    "PATCH /v1/account": "signed_in",
    "PUT /v1/account/picture": "signed_in",
    "DELETE /v1/account/picture": "signed_in",
    "GET /v1/accounts/<uuid:account_id>/picture": "public",
    "GET /v1/account/preferences": "signed_in",
    "PATCH /v1/account/preferences": "signed_in",
    "POST /v1/account/emails": "session",
    "DELETE /v1/account/emails/<uuid:email_id>": "session",
    "PUT /v1/account/emails/<uuid:email_id>/primary": "session",
    "POST /v1/account/emails/<uuid:email_id>/verification": "session",
    "PUT /v1/account/password": "session",
    "POST /v1/password-resets": "public",
    "PUT /v1/password-resets/<token:token>": "public",
    "DELETE /v1/account": "session",
    "POST /v1/sessions": "public",
    "GET /v1/sessions": "signed_in",
    "GET /v1/sessions/current": "session",
    "PUT /v1/sessions/current/workspace": "session",
    "DELETE /v1/sessions/current": "session",
    "DELETE /v1/sessions/<uuid:session_id>": "signed_in",
    "GET /v1/account/notices": "signed_in",
    "PUT /v1/account/notices/<uuid:notice_id>/read": "signed_in",
    "GET /v1/account/audit": "signed_in",
    "GET /v1/workspaces": "scope:workspaces",
    "POST /v1/workspaces": "scope:workspaces",
    f"GET {W}": "role:viewer",
    f"PATCH {W}": "role:admin",
    f"DELETE {W}": "role:admin",
    f"GET {W}/members": "role:viewer",
    f"PATCH {W}/members/<uuid:account_id>": "role:admin",
    f"DELETE {W}/members/<uuid:account_id>": "role:admin",
    f"DELETE {W}/members/me": "role:viewer",
    f"GET {W}/invitations": "role:admin",
    f"POST {W}/invitations": "role:admin",
    f"DELETE {W}/invitations/<uuid:invitation_id>": "role:admin",
    "GET /v1/invitations/<token:token>": "public",
    "POST /v1/invitations/<token:token>/accept": "signed_in",
    "POST /v1/invitations/<token:token>/decline": "signed_in",
    f"POST {W}/check": "role:viewer",
    f"GET {W}/audit": "role:admin",
    "GET /v1/audit": "operator",
    "GET /v1/account/tokens": "session",
    "POST /v1/account/tokens": "session",
    "POST /v1/account/tokens/<uuid:token_id>/regenerate": "session",
    "DELETE /v1/account/tokens/<uuid:token_id>": "session",
    f"GET {W}/credentials": "role:viewer",
    f"POST {W}/credentials": "role:viewer:session",
    f"PATCH {W}/credentials/<key:access_key>": "role:viewer:session",
    f"DELETE {W}/credentials/<key:access_key>": "role:viewer:session",
    "GET /v1/cloud-permissions/<any(aws,gcp):provider>": "signed_in",
    "GET /v1/account/cloud-credentials": "signed_in",
    "POST /v1/account/cloud-credentials": "signed_in",
    "GET /v1/account/cloud-credentials/<uuid:credential_id>": "signed_in",
    "PUT /v1/account/cloud-credentials/<uuid:credential_id>": "signed_in",
    "DELETE /v1/account/cloud-credentials/<uuid:credential_id>": "signed_in",
    "POST /v1/account/cloud-credentials/<uuid:credential_id>/check": "signed_in",
    "POST /v1/account/cloud-credentials/<uuid:credential_id>/use": "token:secrets",
    "POST /v1/account/cloud-credentials/<uuid:credential_id>/links": "session",
    f"GET {W}/cloud-credentials": "role:editor",
    f"POST {W}/cloud-credentials": "role:admin",
    f"GET {W}/cloud-credentials/<uuid:credential_id>": "role:editor",
    f"PUT {W}/cloud-credentials/<uuid:credential_id>": "role:admin",
    f"DELETE {W}/cloud-credentials/<uuid:credential_id>": "role:admin",
    f"POST {W}/cloud-credentials/<uuid:credential_id>/check": "role:admin",
    f"POST {W}/cloud-credentials/<uuid:credential_id>/use": "role:editor:secrets:token",
    f"POST {W}/cloud-credentials/<uuid:credential_id>/links": "role:admin:session",
    "POST /v1/secret-links/<token:token>": "public",
    "GET /v1/account/storage-access": "signed_in",
    "POST /v1/account/storage-access": "signed_in",
    "PUT /v1/account/storage-access/<uuid:access_id>": "signed_in",
    "DELETE /v1/account/storage-access/<uuid:access_id>": "signed_in",
    "POST /v1/account/storage-access/<uuid:access_id>/use": "session",
    "GET /.well-known/jwks.json": "public",
    "POST /v1/device-authorizations": "public",
    "POST /v1/device-authorizations/token": "public",
    "GET /v1/device-authorizations/<code:user_code>": "session",
    "POST /v1/device-authorizations/<code:user_code>": "session",
    "GET /auth/device-login": "public",
    "POST /auth/device-login": "public",
    "POST /auth/device-login/sign-in": "public",
    f"GET {W}/experiments": "role:viewer:experiments",
    f"GET {W}/usage": "role:viewer",
    f"GET {W}/usage/reports": "role:viewer",
    f"POST {W}/usage": "operator:usage",
    "POST /api/device-login": "public",
    "POST /api/device-login/token": "public",
    "POST /api/device-logout": "token",
    "POST /api/live": "token:experiments",
    "POST /webhook/dvc": "token:experiments",
    "GET /api/view-links": "token:experiments",
    "GET /api/model-registry/get-download-uris": "token:experiments",
    **{f"{method} /clearml{rest}": "by_action" for method in TAKEN for rest in ("", "/<rest:path>")},
    "GET /healthz": "public",
    "GET /readyz": "public",
    "GET /metrics": "public",
    "GET /openapi.json": "public",
    "GET /docs": "public",
    "GET /docs/<name>": "public",
    "GET /verify-email": "public",
    "POST /verify-email": "public",
    "GET /reset-password": "public",
    "POST /reset-password": "public",
    "GET /invitations/<token:token>": "public",
}


def refusing(error: Exception) -> FlaskClient:
    """Of a gateway where GET /refuse raises this."""
    app = application()

    @requires(public)
    def refuse() -> None:
        raise error

    app.add_url_rule("/refuse", view_func=refuse)
    return app.test_client()


def test_every_route_declares_the_permission_that_is_meant(app: Application) -> None:
    found = {}
    for rule in app.url_map.iter_rules():
        permission = getattr(app.view_functions[rule.endpoint], "permission", None)
        assert isinstance(permission, Permission), f"{rule.rule} declares no permission"
        for method in rule.methods - {"HEAD"}:
            found[f"{method} {rule.rule}"] = permission.name
    assert found == ROUTES


def test_a_route_that_declares_no_permission_lets_nobody_in() -> None:
    app = application()
    app.add_url_rule("/forgotten", view_func=lambda: "secret")
    answer = app.test_client().get("/forgotten")
    assert (answer.status_code, b"secret" in answer.data) == (500, False)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidInput, 400),
        (errors.Unauthenticated, 401),
        (errors.PermissionDenied, 403),
        (errors.NotFound, 404),
        (errors.Conflict, 409),
        (errors.Unprocessable, 422),
        (errors.LimitExceeded, 429),
        (errors.Unavailable, 503),
    ],
)
def test_each_kind_of_refusal_has_its_status_and_keeps_its_code(error: type[errors.ServiceError], status: int) -> None:
    answer = refusing(error("some_code", "what to do", {"field": ["wrong"]})).get("/refuse")
    problem = json.loads(answer.data)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert problem == {
        "type": "urn:gatehouse:problem:some_code",
        "title": error.title,
        "status": status,
        "detail": "what to do",
        "code": "some_code",
        "errors": {"field": ["wrong"]},
        "trace_id": answer.headers["X-Correlation-ID"],
    }


@pytest.mark.parametrize("error", [errors.LimitExceeded, errors.Unavailable])
def test_who_may_come_back_later_is_told_when(error: type[errors.ServiceError]) -> None:
    answer = refusing(error("later", "", {"retry_after": 7})).get("/refuse")
    assert (answer.headers["Retry-After"], "errors" in json.loads(answer.data)) == ("7", False)


@pytest.mark.parametrize("error", [ValueError("the secret"), errors.InternalError("internal", "the secret"), KeyError("the secret")])
def test_what_nobody_foresaw_tells_the_client_nothing(error: Exception) -> None:
    answer = refusing(error).get("/refuse")
    assert (answer.status_code, json.loads(answer.data)["code"]) == (500, "internal")
    assert b"secret" not in answer.data


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/v1/account", "/docs", "/openapi.json"])
def test_every_answer_carries_its_id_and_the_headers_that_protect_it(client: FlaskClient, path: str) -> None:
    first, second = client.get(path).headers, client.get(path).headers
    assert first["X-Correlation-ID"] != second["X-Correlation-ID"]
    assert (first["X-Content-Type-Options"], first["X-Frame-Options"], first["Cache-Control"]) == ("nosniff", "DENY", "no-store")


def test_a_client_cannot_choose_the_correlation_id(client: FlaskClient) -> None:
    answer = client.get("/healthz", headers={"X-Correlation-ID": "mine", "X-Request-ID": "mine"})
    assert answer.headers["X-Correlation-ID"] != "mine"


def test_without_services_a_request_is_asked_to_come_back(client: FlaskClient) -> None:
    answer = client.get("/v1/account", headers={"Authorization": "Bearer gs_x"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


def test_nothing_of_the_documentation_is_fetched_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/docs").text
    assert "//" not in page.replace("<!doctype", "")
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js", "favicon-32x32.png"):
        assert f"/docs/{name}" in page
        assert client.get(f"/docs/{name}").status_code == 200
    assert client.get("/docs/oauth2-redirect.html").status_code == 404


def test_the_document_tells_of_every_v1_route_with_its_credentials(client: FlaskClient) -> None:
    document = json.loads(client.get("/openapi.json").data)
    told = {
        f"{method.upper()} {path}": operation.get("security", [])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method != "parameters"
    }
    # What proxies ask has a page of its own.
    meant = {_openapi(route): who for route, who in ROUTES.items() if " /v1/" in route and who != "verified"}
    assert document["openapi"].startswith("3.1")
    assert told.keys() == meant.keys()
    assert {route for route, security in told.items() if not security} == {route for route, who in meant.items() if who == "public"}


def _openapi(route: str) -> str:
    return re.sub(r"<[^<>]+:(\w+)>", r"{\1}", route)


@pytest.mark.parametrize(
    ("forwarded", "proxies", "ip"),
    [
        ("", 0, "10.0.0.9"),
        ("1.1.1.1", 0, "10.0.0.9"),
        ("1.1.1.1", 1, "1.1.1.1"),
        ("6.6.6.6, 1.1.1.1", 1, "1.1.1.1"),
        ("6.6.6.6, 1.1.1.1, 10.0.0.8", 2, "1.1.1.1"),
        ("1.1.1.1", 2, "1.1.1.1"),
        ("", 1, "10.0.0.9"),
        ("nonsense", 1, "10.0.0.9"),
        ("2001:DB8::1", 1, "2001:db8::1"),
    ],
)
def test_of_forwarded_addresses_only_those_that_trusted_proxies_wrote_are_believed(forwarded: str, proxies: int, ip: str) -> None:
    assert client_ip({"REMOTE_ADDR": "10.0.0.9", "HTTP_X_FORWARDED_FOR": forwarded}, proxies) == ip


def test_a_user_agent_is_cut_and_cleaned() -> None:
    assert user_agent({"HTTP_USER_AGENT": "curl\x1b[31m/8\x7f\x00"}) == "curl[31m/8"
    assert len(user_agent({"HTTP_USER_AGENT": "x" * 1000})) == 256
    assert user_agent({}) == ""


def test_a_traced_request_is_named_by_its_route_and_tells_its_trace() -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    app = application()
    app.wsgi_app = Traced(app.wsgi_app, provider.get_tracer("test"))  # type: ignore[method-assign]
    theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = app.test_client().get("/v1/invitations/secret", headers={"traceparent": theirs})
    span = spans.get_finished_spans()[0]
    assert (span.name, answer.status_code) == ("GET /v1/invitations/<token:token>", 503)
    assert answer.headers["traceparent"].split("-")[1] == theirs.split("-")[1]
