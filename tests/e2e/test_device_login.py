"""Signing in a program on another device, as a standard client and as a person with a browser."""

import re
from typing import Any

import pytest
import requests

from tests.e2e.test_bad_input import refused
from tests.kit.installations import Installation
from tests.kit.people import PASSWORD, Person

START = "/v1/device-authorizations"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def device(gatehouse: Installation) -> Person:
    """A machine without anybody signed in."""
    return Person(gatehouse, "device")


def begin(device: Person, **fields: Any) -> dict[str, Any]:
    answer = device.call("POST", START, data={"client_id": "DVC", **fields})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def poll(device: Person, codes: dict[str, Any]) -> requests.Response:
    return device.call("POST", f"{START}/token", data={"grant_type": GRANT, "device_code": codes["device_code"], "client_id": "DVC"})


def waits(answer: requests.Response, error: str) -> None:
    assert refused(answer, 400, error)["error"] == error


@pytest.mark.feature("C-04")
def test_a_standard_client_gets_one_token_for_one_approval(gatehouse: Installation, device: Person, ada: Person) -> None:
    codes = begin(device, scope="experiments models", unknown="is ignored")
    assert codes["verification_uri"] == f"{gatehouse.url}/auth/device-login"
    assert codes["verification_uri_complete"] == f"{gatehouse.url}/auth/device-login?code={codes['user_code']}"
    waits(poll(device, codes), "authorization_pending")
    asked = ada.get(f"{START}/{codes['user_code']}").json()
    assert (asked["client_name"], asked["scopes"], asked["ip"]) == ("DVC", ["experiments", "models"], device.ip)
    assert ada.post(f"{START}/{codes['user_code']}", {"approve": True, "scopes": ["experiments"]}).status_code == 200
    fetched = poll(device, codes).json()
    assert (fetched["token_type"], fetched["scope"]) == ("Bearer", "experiments")
    waits(poll(device, codes), "expired_token")
    listed = ada.get("/v1/account/tokens").json()["items"]
    assert [(item["kind"], item["scopes"]) for item in listed] == [("named", ["experiments"])]
    used = device.get("/v1/account", headers={"Authorization": f"token {fetched['access_token']}"})
    refused(used, 403, "scope_missing")


def test_the_dialect_of_dvc_works_at_the_same_addresses(device: Person, ada: Person) -> None:
    codes = device.post(START, {"client_name": "DVC", "token_name": "laptop", "scopes": ["EXPERIMENTS"], "expires_in_days": 7}).json()
    assert codes["token_name"] == "laptop"
    path = codes["token_uri"].removeprefix(device.gatehouse.url)
    assert device.post(path, {"code": codes["device_code"]}).status_code == 400
    assert ada.post(f"{START}/{codes['user_code']}", {"approve": True}).status_code == 200
    assert device.post(path, {"code": codes["device_code"]}).json()["access_token"].startswith("isat_")
    assert ada.get("/v1/account/tokens").json()["items"][0]["expires_at"]


def test_a_denied_or_unknown_code_is_worth_nothing(device: Person, ada: Person) -> None:
    codes = begin(device)
    assert ada.post(f"{START}/{codes['user_code']}", {"approve": False}).status_code == 200
    waits(poll(device, codes), "access_denied")
    refused(ada.post(f"{START}/{codes['user_code']}", {"approve": True}), 409, "device_code_used")
    for code in ("x", codes["device_code"][:-1] + "~", codes["user_code"]):
        waits(poll(device, {"device_code": code}), "expired_token")
    refused(ada.get(f"{START}/BBBBBBBB"), 404, "device_code_not_found")
    assert ada.get("/v1/account/tokens").json()["items"] == []


def test_a_login_for_certain_workspaces_is_good_for_no_others(device: Person, ada: Person) -> None:
    vision, other = ada.workspace("Vision"), ada.workspace("other")
    codes = device.post(START, {"client_name": "DataChain", "scopes": ["workspaces"], "team_names": ["vision"]}).json()
    assert ada.post(f"{START}/{codes['user_code']}", {"approve": True}).status_code == 200
    headers = {"Authorization": f"token {poll(device, codes).json()['access_token']}"}
    assert device.get(vision, headers=headers).status_code == 200
    refused(device.get(other, headers=headers), 403, "workspace_not_covered")
    unknown = device.post(START, {"client_name": "DataChain", "team_names": ["nobody's"]}).json()
    refused(ada.post(f"{START}/{unknown['user_code']}", {"approve": True}), 422, "workspace_unknown")
    waits(poll(device, unknown), "authorization_pending")


def test_what_makes_no_sense_begins_nothing(device: Person) -> None:
    refused(device.post(START, {"client_name": "DVC", "scopes": ["everything"]}), 400, "invalid_scope")
    refused(device.post(START, {"scopes": ["experiments"]}), 422, "invalid_fields")
    refused(device.post(START, {"client_name": "DVC", "account_id": "x"}), 422, "invalid_fields")
    refused(device.call("POST", START, data=b"<xml/>", headers={"Content-Type": "text/xml"}), 415, "unsupported_media_type")
    refused(device.post(f"{START}/token", {}), 422, "invalid_fields")


def test_only_a_person_answers_and_no_token(device: Person, ada: Person) -> None:
    codes = begin(device)
    path = f"{START}/{codes['user_code']}"
    token = ada.post("/v1/account/tokens", {"name": "ci", "scopes": ["account"]}).json()["token"]
    assert device.post(path, {"approve": True}).status_code == 401
    refused(ada.post(path, {"approve": True}, headers={"Authorization": f"Bearer {token}"}), 403, "session_required")
    waits(poll(device, codes), "authorization_pending")


def _hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found, text
    return found[1]


def test_a_person_signs_in_on_the_page_and_approves_there(gatehouse: Installation, device: Person, ada: Person) -> None:
    codes = begin(device, client_id="<b>DVC</b>")
    page = codes["verification_uri_complete"]
    with requests.Session() as browser:
        browser.headers["X-Forwarded-For"] = ada.ip
        form = browser.get(page)
        assert (form.status_code, _hidden(form.text, "code")) == (200, codes["user_code"])
        signed_in = {"code": codes["user_code"], "email": ada.email, "password": PASSWORD}
        foreign = browser.post(f"{gatehouse.url}/auth/device-login/sign-in", signed_in, headers={"Origin": "https://evil.example"})
        assert (foreign.status_code, len(browser.cookies)) == (403, 0)
        shown = browser.post(f"{gatehouse.url}/auth/device-login/sign-in", signed_in)
        assert all(text in shown.text for text in ("&lt;b&gt;DVC&lt;/b&gt;", device.ip, "experiments", codes["user_code"]))
        reply = {"code": codes["user_code"], "answer": "approve"}
        for csrf in ({}, {"csrf_token": "wrong"}):
            assert browser.post(f"{gatehouse.url}/auth/device-login", reply | csrf).status_code == 403
        waits(poll(device, codes), "authorization_pending")
        done = browser.post(f"{gatehouse.url}/auth/device-login", reply | {"csrf_token": _hidden(shown.text, "csrf_token")})
        assert done.status_code == 200
        assert poll(device, codes).status_code == 200
        assert browser.get(page).status_code == 409


def test_a_wrong_password_on_the_page_is_refused(gatehouse: Installation, ada: Person) -> None:
    given = {"email": ada.email, "password": "not this one"}
    answer = requests.post(f"{gatehouse.url}/auth/device-login/sign-in", given, headers={"X-Forwarded-For": ada.ip}, timeout=10)
    assert (answer.status_code, answer.cookies.get_dict()) == (401, {})


def test_a_browser_cannot_be_told_where_to_go(gatehouse: Installation, device: Person, ada: Person) -> None:
    lies = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    codes = device.call("POST", START, data={"client_id": "DVC"}, headers=lies).json()
    assert all(codes[name].startswith(gatehouse.url) for name in ("verification_uri", "token_uri", "verification_uri_complete"))
    given = {"email": ada.email, "password": PASSWORD, "code": "//evil.example/\r\nX: y"}
    headers = {"X-Forwarded-For": ada.ip}
    answer = requests.post(f"{gatehouse.url}/auth/device-login/sign-in", given, headers=headers, allow_redirects=False, timeout=10)
    assert answer.headers["Location"] == "/auth/device-login?code=evilexampleXy"


def test_datachain_is_held_to_the_teams_it_asks_for(device: Person, ada: Person) -> None:
    vision = ada.workspace("Vision")
    started = device.post("/api/device-login", {"client_name": "DataChain", "team_names": ["Vision"], "expires_in_days": 30}).json()
    assert ada.get(f"{START}/{started['user_code']}").json()["workspaces"] == ["Vision"]
    assert ada.post(f"{START}/{started['user_code']}", {"approve": True}).status_code == 200
    assert device.post("/api/device-login/token", {"code": started["device_code"]}).status_code == 200
    assert ada.get("/v1/account/tokens").json()["items"][0]["workspace_ids"] == [vision.rpartition("/")[2]]
