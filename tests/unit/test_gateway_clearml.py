"""The ClearML surface before anybody is known: addresses, data, envelope, refusals."""

import base64
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.calls import Request
from gateway.clearml.call import read_data
from gateway.clearml.refusals import Refusal, of_service
from services.chassis import errors


def told(answer: TestResponse) -> tuple[int, int]:
    """Status and subcode of an answer in the envelope, whose parts clients rely on."""
    assert answer.mimetype == "application/json"
    body = json.loads(answer.data)
    meta = body["meta"]
    assert meta["result_code"] == answer.status_code
    assert isinstance(body["data"], dict)
    assert all(isinstance(meta[name], str) for name in ("id", "trx", "result_msg"))
    assert meta["endpoint"].keys() == {"name", "requested_version", "actual_version"}
    return meta["result_code"], meta["result_subcode"]


@pytest.mark.feature("C-12")
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("prefix", ["", "v2.5/", "v2.23/", "v2.999/"])
@pytest.mark.parametrize("end", ["", "/"])
def test_an_action_is_found_by_any_method_and_any_version(client: FlaskClient, method: str, prefix: str, end: str) -> None:
    answer = client.open(f"/clearml/{prefix}login.supported_modes{end}", method=method, json={"method": "get", "unknown": 1})
    assert told(answer) == (200, 0)
    body = answer.get_json()
    assert body["data"]["authenticated"] is False
    assert body["meta"]["endpoint"] == {
        "name": "login.supported_modes",
        "requested_version": prefix.strip("v/") or "2.34",
        "actual_version": "2.9",
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", (400, 0)),
        ("/", (400, 0)),
        ("//auth.login", (400, 0)),
        ("/auth", (400, 0)),
        ("/v3.0/auth.login", (400, 2)),
        ("/v2.x/auth.login", (400, 0)),
        ("/auth.no_such_action", (404, 0)),
        ("/v2.5/tasks.get_all", (404, 0)),
        ("/auth.login", (401, 20)),
        ("/users.get_current_user", (401, 20)),
    ],
)
def test_each_wrong_address_has_its_number_and_nothing_redirects(client: FlaskClient, path: str, expected: tuple[int, int]) -> None:
    assert told(client.get(f"/clearml{path}")) == expected


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Digest abc", (401, 10)),
        ("abc", (401, 10)),
        ("token abc", (401, 10)),
        ("Basic", (401, 21)),
        ("Basic ???", (401, 21)),
        (basic("no colon"), (401, 21)),
        ("Bearer abc", (401, 30)),
        ("Bearer a.b.c", (401, 30)),
    ],
)
def test_each_wrong_credential_has_its_number(client: FlaskClient, header: str, expected: tuple[int, int]) -> None:
    assert told(client.get("/clearml/auth.login", headers={"Authorization": header})) == expected


def test_a_cookie_is_no_credential(client: FlaskClient) -> None:
    client.set_cookie("gatehouse_session", "gs_x")
    assert told(client.get("/clearml/users.get_current_user")) == (401, 20)


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_other_methods_are_refused_in_the_envelope(client: FlaskClient, method: str) -> None:
    assert told(client.open("/clearml/auth.login", method=method)) == (405, 0)


def test_options_need_no_credentials(client: FlaskClient) -> None:
    assert told(client.options("/clearml/auth.login")) == (200, 0)


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (b"{", {}, (400, 12)),
        (b"[]", {}, (400, 12)),
        (b"{}\n{}", {"Content-Type": "application/json-lines"}, (400, 12)),
        (b"{}", {"Content-Encoding": "gzip"}, (415, 0)),
        (b'{"a": "' + b"x" * 2000 + b'"}', {}, (413, 0)),
    ],
)
def test_wrong_bodies_are_refused_in_the_envelope(client: FlaskClient, body: bytes, headers: dict[str, str], expected: Any) -> None:
    assert told(client.get("/clearml/login.supported_modes", data=body, headers=headers)) == expected


def data_of(query: str, body: bytes = b"") -> dict[str, Any]:
    environ = {"QUERY_STRING": query, "REQUEST_METHOD": "GET", "CONTENT_LENGTH": str(len(body))}
    from io import BytesIO

    return read_data(Request({**environ, "wsgi.input": BytesIO(body)}))


def test_data_come_by_query_and_body_and_the_query_wins() -> None:
    assert data_of("enabled=true&types=config&types=x", b'{"types": ["y"], "more": 1}') == {
        "enabled": True,
        "types": ["config", "x"],
        "more": 1,
    }
    assert data_of("preferences.a.b=false&preferences.a.c=1") == {"preferences": {"a": {"b": False, "c": "1"}}}


@pytest.mark.parametrize("query", ["a=1&a.b=2", "a=%00"])
def test_data_that_contradict_themselves_are_refused(query: str) -> None:
    with pytest.raises(Refusal):
        data_of(query)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.PermissionDenied("suspended"), (403, 20)),
        (errors.LimitExceeded("member_limit"), (403, 20)),
        (errors.LimitExceeded("too_many_attempts", "", {"retry_after": 3}), (429, 0)),
        (errors.LimitExceeded("too_many_attempts", "", {"retry_after": 3600}), (403, 20)),
        (errors.Unavailable("service_unavailable"), (503, 0)),
        (errors.Conflict("taken"), (400, 16)),
        (errors.NotFound("gone"), (400, 10)),
        (errors.InternalError("internal", "secret"), (500, 0)),
    ],
)
def test_only_what_passes_by_itself_makes_clients_try_again(error: errors.ServiceError, expected: tuple[int, int]) -> None:
    assert tuple(of_service(error).kind) == expected
    assert "secret" not in of_service(error).message
