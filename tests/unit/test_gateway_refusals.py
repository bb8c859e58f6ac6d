"""What the gateway tells audit of the attempts it has refused."""

import base64
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.access import Access
from gateway.app import create_app
from gateway.refusals import OVERFLOW, Refusals, Refused
from services.chassis import context, tokens
from services.chassis.errors import LimitExceeded, Unauthenticated, Unavailable, Unprocessable
from services.chassis.rpc_client import Answer
from services.chassis.settings import Settings

VISION, ADA, SESSION = (f"5b3c2f0e-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
GOOD, IP, AGENT = "gs_of-ada", "192.0.2.7", "a client/1"
SESSION_ROW = {
    "account_id": ADA,
    "session_id": SESSION,
    "address_ids": [],
    "operator": False,
    "expires_at": "2099-01-01T00:00:00+00:00",
}


class Services:
    """One session, of a viewer of one workspace; every other credential is wrong."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_app(settings, self, Access())
        self.told: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.away = False

    def call(self, service: str, method: str, payload: dict[str, Any]) -> Answer:
        if method == "note_refusals":
            self.keys.append(context.current().idempotency_key)
            if self.away:
                raise Unavailable("service_unavailable")
            self.told += payload["refusals"]
        elif method == "start_session":
            raise LimitExceeded("too_many_attempts", "", {"retry_after": 9})
        elif method == "role":
            return Answer({"role": "viewer", "expires_at": None}, 0)
        elif method == "authenticate" and payload["digest"] == self.app.gateway.keys.digest("session", GOOD):
            return Answer(SESSION_ROW, 0)
        elif method.startswith("authenticate"):
            raise Unauthenticated("session_invalid" if method == "authenticate" else "credential_invalid")
        return Answer({"keys": []}, 0)

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def entries(self) -> list[dict[str, Any]]:
        self.app.refusals.flush()
        return self.told


@pytest.fixture
def services() -> Services:
    return Services(Settings(secret_key="k" * 32, trusted_proxies=1))


def send(services: Services, method: str, path: str, authorization: str = "", **more: Any) -> int:
    headers = {"X-Forwarded-For": IP, "User-Agent": AGENT} | ({"Authorization": authorization} if authorization else {})
    headers |= more.pop("headers", {})
    return services.client.open(path, method=method, headers=headers, **more).status_code


def basic(access_key: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{access_key}:{secret}".encode()).decode()


SHOWN = {
    "a session that has ended": ("Bearer gs_secret-of-nobody", "session_invalid"),
    "a token that was revoked": (f"Bearer {tokens.new(tokens.PERSONAL)}", "credential_invalid"),
    "a token with a typo": ("Bearer gh_secret", "token_malformed"),
    "a pair that is wrong": (basic("A" * 30, "the-secret"), "credential_invalid"),
    "no pair at all": ("Basic secret", "basic_malformed"),
    "a JWT from elsewhere": ("Bearer secret.secret.secret", "jwt_invalid"),
    "an unknown scheme": ("Digest secret", "authorization_unsupported"),
}


@pytest.mark.parametrize("what", SHOWN)
def test_every_credential_that_is_refused_is_told_once_with_a_count_and_never_itself(services: Services, what: str) -> None:
    authorization, code = SHOWN[what]
    assert [send(services, "GET", f"/v1/workspaces/{VISION}/members", authorization) for _ in range(3)] == [401] * 3

    [entry] = services.entries()
    assert entry == {
        "kind": "unauthenticated",
        "code": code,
        "route": "GET /v1/workspaces/<uuid:workspace_id>/members",
        "ip": IP,
        "account_id": "",
        "credential_id": "",
        "workspace_id": "",
        "operator": "",
        "user_agent": AGENT,
        "count": 3,
    }


def test_what_a_role_forbids_names_who_tried_and_where(services: Services) -> None:
    assert send(services, "PATCH", f"/v1/workspaces/{VISION}", f"Bearer {GOOD}", json={"name": "Mine"}) == 403

    [entry] = services.entries()
    assert (entry["kind"], entry["code"]) == ("forbidden", "role_insufficient")
    assert (entry["account_id"], entry["credential_id"], entry["workspace_id"]) == (ADA, SESSION, VISION)


@pytest.mark.parametrize(("sent", "code"), [("", "csrf_token_missing"), ("wrong", "csrf_token_invalid")])
def test_a_cookie_without_its_proof_is_told(services: Services, sent: str, code: str) -> None:
    client = services.client
    client.set_cookie("gatehouse_session", GOOD)
    assert client.delete("/v1/sessions/current", headers={"X-CSRF-Token": sent} if sent else {}).status_code == 403

    [entry] = services.entries()
    assert (entry["kind"], entry["code"], entry["account_id"]) == ("forbidden", code, ADA)


def test_who_is_throttled_is_told(services: Services) -> None:
    person = {"email": "ada@example.org", "password": "a guess"}
    assert send(services, "POST", "/v1/sessions", json=person) == 429

    [entry] = services.entries()
    assert (entry["kind"], entry["code"], entry["route"]) == ("throttled", "too_many_attempts", "POST /v1/sessions")
    assert "example" not in str(entry)
    assert "guess" not in str(entry)


@pytest.mark.parametrize(
    ("path", "authorization", "code"),
    [
        ("/clearml/auth.login", basic("A" * 30, "x"), "credential_invalid"),
        ("/clearml/users.get_current_user", "Bearer a.b.c", "jwt_invalid"),
        ("/clearml/users.get_current_user", "Digest x", "unauthorized"),
        ("/api/view-links", f"token {tokens.new(tokens.STUDIO)}", "credential_invalid"),
    ],
    # The last one holds another token each time.
    ids=["key pair", "JWT", "scheme", "token"],
)
def test_other_peoples_clients_are_told_of_too(services: Services, path: str, authorization: str, code: str) -> None:
    assert send(services, "GET", path, authorization) == 401

    [entry] = services.entries()
    assert (entry["kind"], entry["code"]) == ("unauthenticated", code)


def test_a_form_that_is_refused_is_told(services: Services) -> None:
    assert send(services, "POST", "/auth/device-login/sign-in", data={"email": "a", "password": "b"}) == 429

    assert [entry["code"] for entry in services.entries()] == ["too_many_attempts"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/account", 401), ("GET", "/clearml/users.get_current_user", 401), ("GET", "/nowhere", 404), ("POST", "/v1/accounts", 422)],
)
def test_who_has_shown_nothing_or_only_erred_is_not_told_of(services: Services, method: str, path: str, status: int) -> None:
    assert send(services, method, path, **({"json": {}} if method == "POST" else {})) == status

    assert services.entries() == []


def test_what_cannot_be_told_is_told_later_under_the_same_key_with_nothing_lost(services: Services) -> None:
    services.away = True
    for _ in range(3):
        send(services, "GET", "/v1/account", "Bearer gs_x")
        services.app.refusals.flush()
    services.away = False

    counts = [entry["count"] for _ in range(2) for entry in services.entries()]

    assert sum(counts[-2:]) == 3
    assert len(set(services.keys)) == 2
    assert services.keys[0] == services.keys[2] == services.keys[3] != services.keys[4]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def refused(number: int) -> Refused:
    return Refused("unauthenticated", "session_invalid", "GET /v1/account", f"2001:db8::{number}")


def gathered(most: int) -> tuple[Refusals, Clock, list[dict[str, Any]]]:
    told: list[dict[str, Any]] = []
    clock = Clock()
    return Refusals(lambda _service, _method, payload: told.extend(payload["refusals"]), 60, most, clock), clock, told


def test_a_flood_is_bounded_and_counted() -> None:
    refusals, clock, told = gathered(most=10)
    for second in range(60):
        clock.now = second
        for number in range(1000):
            refusals.add(refused(second * 1000 + number))
        refusals.flush()

    assert len({entry["ip"] for entry in told} - {""}) == 10
    assert sum(entry["count"] for entry in told) == 60_000
    assert {entry["kind"] for entry in told if not entry["ip"]} == {OVERFLOW.kind}

    clock.now = 60.0
    refusals.add(refused(-1))
    refusals.flush()
    assert told[-1]["ip"] == refused(-1).ip


def test_of_those_alike_the_first_ones_user_agent_is_told() -> None:
    refusals, _, told = gathered(most=1)
    for number, agent in ((1, "curl/8"), (1, "curl/9"), (2, "something else")):
        refusals.add(refused(number), agent)
    refusals.flush()
    assert [(entry["count"], entry["user_agent"]) for entry in told] == [(2, "curl/8"), (1, "")]


def test_what_waits_while_audit_is_away_is_bounded_too() -> None:
    def away(*_: Any) -> None:
        raise Unavailable("service_unavailable")

    clock = Clock()
    refusals = Refusals(away, 60, 10, clock)
    for minute in range(100):
        clock.now = minute * 60.0
        for number in range(20):
            refusals.add(refused(minute * 20 + number))
        refusals.flush()

    assert len(refusals._counts) <= 11
    assert sum(count for count, _ in refusals._counts.values()) + sum(entry["count"] for entry in refusals._unsent[1]) == 2000


def test_what_audit_does_not_take_is_given_up_and_does_not_keep_back_the_next() -> None:
    def wrong(*_: Any) -> None:
        raise Unprocessable("invalid_fields")

    refusals = Refusals(wrong, 60, 10, Clock())
    refusals.add(refused(1))
    refusals.flush()

    assert refusals._unsent is None
