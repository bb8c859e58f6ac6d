"""Bad input gets a typed problem document and changes nothing."""

import json
import socket
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.e2e.lasting import lasting
from tests.kit.installations import Installation
from tests.kit.people import PASSWORD, Person

olivia, ada = lasting("olivia"), lasting("ada")

JSON = {"Content-Type": "application/json"}


def refused(answer: requests.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code), answer.text
    assert {"type", "title", "detail"} <= problem.keys()
    assert problem["trace_id"] == answer.headers["X-Correlation-ID"]
    return problem


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"name": "vision"', 400, "malformed_json"),
        (b"", 415, "unsupported_media_type"),
        (b'{"name": NaN}', 400, "malformed_json"),
        (b'{"name": 1e999}', 400, "malformed_json"),
        (b'{"name": "\xff\xfe"}', 400, "malformed_json"),
        (b'{"name": "a\x00b"}', 400, "malformed_json"),
        (b"[" * 100_000, 400, "malformed_json"),
        (b"1" * 10_000, 400, "malformed_json"),
        (b'["vision"]', 422, "invalid_fields"),
        (b'"vision"', 422, "invalid_fields"),
        (b'{"name": "a\\u0000b"}', 422, "invalid_text"),
        (b'{"name": "\\ud800"}', 422, "invalid_text"),
        (b'{"name": "vision", "\\ud800": 1}', 422, "invalid_text"),
        (b'{"name": "vision", "colour": "red"}', 422, "invalid_fields"),
        (b'{"name": 7}', 422, "invalid_fields"),
        (b'{"name": null}', 422, "invalid_fields"),
        (b'{"name": ""}', 422, "invalid_fields"),
        (b'{"name": "   "}', 422, "invalid_fields"),
        (json.dumps({"name": "x" * 101}).encode(), 422, "invalid_fields"),
        (b'{"name": "vision", "slug": "Not A Slug"}', 422, "invalid_fields"),
    ],
)
def test_a_body_that_is_not_a_right_one_is_refused_and_creates_nothing(olivia: Person, body: bytes, status: int, code: str) -> None:
    before = _count(olivia)
    headers = JSON if body else {}
    refused(olivia.call("POST", "/v1/workspaces", data=body, headers=headers), status, code)
    assert _count(olivia) == before


def test_each_wrong_field_is_named(olivia: Person) -> None:
    problem = refused(olivia.post("/v1/workspaces", {"name": 7, "colour": "red"}), 422, "invalid_fields")
    assert problem["errors"].keys() == {"name", "colour"}


def test_a_form_is_no_json(olivia: Person) -> None:
    refused(olivia.call("POST", "/v1/workspaces", data={"name": "vision"}), 415, "unsupported_media_type")


def test_ten_megabytes_are_refused_with_and_without_an_announced_length(olivia: Person) -> None:
    body = json.dumps({"name": "x" * 10_000_000}).encode()
    refused(olivia.call("POST", "/v1/workspaces", data=body, headers=JSON), 413, "body_too_large")
    refused(olivia.call("POST", "/v1/workspaces", data=_pieces(body), headers=JSON), 413, "body_too_large")


def test_a_chunked_body_is_read_like_any_other(olivia: Person) -> None:
    assert olivia.call("POST", "/v1/workspaces", data=_pieces(b'{"name": "in pieces"}'), headers=JSON).status_code == 201


def test_a_badly_chunked_body_is_refused(gatehouse: Installation, olivia: Person) -> None:
    head = f"POST /v1/workspaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {olivia.token}\r\nContent-Type: application/json\r\n"
    assert b"400" in _raw(gatehouse, f"{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n".encode()).splitlines()[0]


@pytest.mark.parametrize("path", ["/nowhere", "/v1/workspaces/not-a-uuid", "/v1/workspaces/%00", "/v1/%ff%fe", "/v1/" + "9" * 9000])
def test_an_unknown_address_is_a_problem_document_too(olivia: Person, path: str) -> None:
    refused(olivia.get(path), 404, "not_found")


def test_a_method_that_an_address_does_not_know_is_refused_with_those_it_knows(olivia: Person) -> None:
    answer = olivia.call("PUT", "/v1/workspaces")
    refused(answer, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=many", "cursor=%00", "cursor=nonsense", "limit=1&page=2", "cursor=%5B1%5D"]
)
def test_a_bad_page_of_a_list_is_refused(olivia: Person, query: str) -> None:
    answer = olivia.get(f"/v1/workspaces?{query}")
    assert answer.status_code in (400, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_an_address_that_is_too_long_is_refused(olivia: Person) -> None:
    refused(olivia.get(f"/v1/workspaces?cursor={'a' * 9000}"), 414, "request_uri_too_long")


@pytest.mark.parametrize("key", ["a" * 256, "kéy".encode("latin-1"), b"a\tb"])
def test_a_bad_idempotency_key_is_refused(olivia: Person, key: str | bytes) -> None:
    refused(olivia.post("/v1/workspaces", {"name": "vision"}, headers={"Idempotency-Key": key}), 400, "idempotency_key_invalid")


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "a b@example.org",
        "ada@exa mple.org",
        "ada@example.org\r\nBcc: x@y.org",
        "a" * 300 + "@example.org",
        7,
        None,
    ],
)
def test_what_is_no_address_can_neither_sign_up_nor_be_invited(olivia: Person, email: object) -> None:
    sign_up = olivia.post("/v1/accounts", {"email": email, "password": PASSWORD})
    assert "email" in refused(sign_up, 422, "invalid_fields")["errors"]
    vision = olivia.workspace()
    assert "email" in refused(olivia.post(f"{vision}/invitations", {"email": email}), 422, "invalid_fields")["errors"]


def test_over_long_names_are_refused(gatehouse: Installation) -> None:
    ada = Person(gatehouse, "ada")
    for field in ("first_name", "last_name", "username"):
        assert field in refused(ada.sign_up(**{field: "x" * 101}), 422, "invalid_fields")["errors"]


def test_an_address_has_one_account_however_it_is_written(gatehouse: Installation) -> None:
    ada = Person(gatehouse, "ada").arrived()
    ada.email = ada.email.upper()
    assert ada.sign_up().status_code == 409
    assert ada.sign_in().status_code == 201


def test_the_setup_token_works_once(gatehouse: Installation) -> None:
    refused(Person(gatehouse, "eve").sign_up(setup_token=gatehouse.setup_token), 403, "setup_token_used")


def test_what_belongs_to_others_does_not_exist(olivia: Person, ada: Person) -> None:
    vision, session = olivia.workspace(), olivia.get("/v1/sessions").json()["items"][0]["id"]
    for method, path, body in (
        ("GET", vision, None),
        ("PATCH", vision, {"name": "mine"}),
        ("DELETE", vision, None),
        ("GET", f"{vision}/members", None),
        ("PATCH", f"{vision}/members/{olivia.account['id']}", {"role": "viewer"}),
        ("DELETE", f"{vision}/members/me", None),
        ("POST", f"{vision}/invitations", {"email": ada.email}),
        ("POST", f"{vision}/check", {"action": "read", "resource": {"type": "project", "id": "p"}}),
        ("GET", f"{vision}/audit", None),
        ("GET", f"/v1/workspaces/{uuid4()}", None),
    ):
        refused(ada.call(method, path, body), 404, "workspace_not_found")
    assert ada.delete(f"/v1/sessions/{session}").status_code == 404
    assert olivia.get(vision).json()["name"] == "vision"


def test_what_a_role_does_not_allow_is_refused(olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    olivia.welcome(vision, ada, role="viewer")
    assert ada.get(vision).json()["role"] == "viewer"
    refused(ada.call("PATCH", vision, {"name": "mine"}), 403, "role_insufficient")
    refused(ada.delete(f"{vision}/members/{olivia.account['id']}"), 403, "role_insufficient")
    refused(ada.get(f"{vision}/audit"), 403, "role_insufficient")
    refused(ada.call("PATCH", f"{vision}/members/{ada.account['id']}", {"role": "admin"}), 403, "role_insufficient")
    assert ada.get(vision).json()["role"] == "viewer"


def test_of_a_member_only_role_and_end_can_be_changed(olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    olivia.welcome(vision, ada, role="viewer")
    member = f"{vision}/members/{ada.account['id']}"
    for wrong in (
        {"id": olivia.account["id"]},
        {"verified": True},
        {"workspace_id": str(uuid4())},
        {"role": "owner"},
        {"role": ["admin"]},
        {},
    ):
        refused(olivia.call("PATCH", member, wrong), 422, "invalid_fields")
        refused(olivia.call("PATCH", member, {"role": "editor"} | wrong), 422, "invalid_fields") if wrong else None
    assert ada.get(vision).json()["role"] == "viewer"


def test_a_used_withdrawn_or_altered_invitation_lets_nobody_in(olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    invitation = olivia.post(f"{vision}/invitations", {"email": ada.email}).json()
    token = invitation["link"].rpartition("/")[2]
    altered = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert ada.post(f"/v1/invitations/{altered}/accept").status_code == 404
    assert olivia.post(f"/v1/invitations/{token}/accept").status_code in (403, 404, 409)
    assert olivia.delete(f"{vision}/invitations/{invitation['id']}").status_code == 204
    assert ada.post(f"/v1/invitations/{token}/accept").status_code in (404, 409)
    assert ada.get(vision).status_code == 404

    token = olivia.post(f"{vision}/invitations", {"email": ada.email}).json()["link"].rpartition("/")[2]
    assert ada.post(f"/v1/invitations/{token}/accept").status_code == 200
    assert olivia.delete(f"{vision}/members/{ada.account['id']}").status_code == 204
    assert ada.post(f"/v1/invitations/{token}/accept").status_code in (404, 409)
    assert ada.get(vision).status_code == 404


def test_a_wrong_password_and_an_unknown_address_are_answered_alike_in_words_and_time(gatehouse: Installation) -> None:
    known, unknown = Person(gatehouse, "known").arrived(), Person(gatehouse, "unknown")
    known.token = ""
    # By turns, and the fastest of each: whatever else keeps the machine busy is in neither.
    tries = [(_timed_failure(known), _timed_failure(unknown)) for _ in range(7)]
    assert tries[0][0][0] == tries[0][1][0]
    seconds = [min(took for _, took in each) for each in zip(*tries, strict=True)]
    assert 0.5 < seconds[0] / seconds[1] < 2


def test_wrong_passwords_are_throttled_by_account_wherever_they_come_from(gatehouse: Installation) -> None:
    ada = Person(gatehouse, "ada").arrived()
    for number in range(10):
        ada.ip = f"10.200.0.{number}"
        assert _wrong(ada).status_code == 401
    ada.ip = "10.200.1.1"
    throttled = ada.sign_in()
    refused(throttled, 429, "too_many_attempts")
    assert int(throttled.headers["Retry-After"]) > 0


def test_wrong_passwords_are_throttled_by_client_address_whatever_account_they_name(gatehouse: Installation) -> None:
    answers = []
    for number in range(13):
        eve = Person(gatehouse, f"eve{number}")
        eve.ip = "10.201.0.1"
        answers.append(_wrong(eve).status_code)
    assert answers == [401] * 12 + [429]


@pytest.mark.parametrize(
    "header", ["Basic YTpi", "Bearer", "Bearer ", "nonsense", "Bearer gs_unknown", "token gs_unknown", "Bearer \u00e9"]
)
def test_a_credential_that_is_none_is_refused(gatehouse: Installation, header: str) -> None:
    answer = Person(gatehouse, "eve").get("/v1/account", headers={"Authorization": header.encode("latin-1")})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_the_cookie_needs_its_csrf_token_where_something_changes(gatehouse: Installation) -> None:
    ada = Person(gatehouse, "ada").arrived()
    started = ada.sign_in()
    cookie = {"gatehouse_session": started.cookies["gatehouse_session"]}
    ada.token = ""
    assert "HttpOnly" in started.headers["Set-Cookie"]
    assert "SameSite=Lax" in started.headers["Set-Cookie"]
    assert ada.get("/v1/account", cookies=cookie).status_code == 200
    create = {"json": {"name": "vision"}, "cookies": cookie}
    refused(ada.call("POST", "/v1/workspaces", **create), 403, "csrf_token_missing")
    refused(ada.call("POST", "/v1/workspaces", headers={"X-CSRF-Token": "wrong"}, **create), 403, "csrf_token_invalid")
    refused(ada.call("POST", "/v1/workspaces", headers={"X-CSRF-Token": b"\xe9"}, **create), 403, "csrf_token_invalid")
    right = {"X-CSRF-Token": started.json()["csrf_token"]}
    assert ada.call("POST", "/v1/workspaces", headers=right, **create).status_code == 201


def test_what_a_client_writes_about_its_address_is_believed_only_as_far_as_the_proxies_go(olivia: Person) -> None:
    olivia.workspace()
    started = olivia.get("/v1/account", headers={"X-Forwarded-For": "6.6.6.6, 10.9.9.9"})
    assert started.status_code == 200
    olivia.sign_in()
    assert olivia.ip in [session["ip"] for session in olivia.get("/v1/sessions").json()["items"]]


def test_links_ignore_the_host_that_a_client_names(gatehouse: Installation, olivia: Person) -> None:
    vision = olivia.workspace()
    lies = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    made = olivia.post(f"{vision}/invitations", {"email": "guest@example.org"}, headers=lies)
    assert made.json()["link"].startswith(f"{gatehouse.url}/")
    assert "evil" not in made.text + str(made.headers)


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 65536):
        yield body[start : start + 65536]


def _raw(gatehouse: Installation, request: bytes) -> bytes:
    host, _, port = gatehouse.http.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        return connection.recv(65536)


def _count(person: Person) -> int:
    return len(person.get("/v1/workspaces?limit=200").json()["items"])


def _wrong(person: Person) -> requests.Response:
    return person.post("/v1/sessions", {"email": person.email, "password": "not this one"})


def _timed_failure(person: Person) -> tuple[tuple[int, str, str], float]:
    began = time.perf_counter()
    answer = _wrong(person)
    return (answer.status_code, answer.json()["code"], answer.json()["detail"]), time.perf_counter() - began
