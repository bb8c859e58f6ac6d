"""The ClearML surface by hand: what its clients rely on beyond logging in."""

import base64
import json
import time
from typing import Any

import pytest
import requests

from tests.e2e.lasting import lasting
from tests.kit.people import Person
from tests.servers import eventually

olivia, ada = lasting("olivia"), lasting("ada")


class Sdk:
    """Calls actions with a key pair, or with the token it was exchanged for."""

    def __init__(self, url: str, access_key: str, secret_key: str) -> None:
        self.url = f"{url}/clearml"
        self.basic = {"Authorization": "Basic " + base64.b64encode(f"{access_key}:{secret_key}".encode()).decode()}
        self.access_key = access_key
        self.bearer: dict[str, str] = {}

    def call(self, action: str, data: Any = None, *, method: str = "GET", **more: Any) -> requests.Response:
        headers = (self.bearer or self.basic) | more.pop("headers", {})
        return requests.request(method, f"{self.url}/{action}", json=data, headers=headers, timeout=30, allow_redirects=False, **more)

    def data(self, action: str, data: Any = None, **more: Any) -> dict[str, Any]:
        answer = self.call(action, data, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def login(self, **data: Any) -> dict[str, Any]:
        """The claims of the token, with which further calls are made."""
        token = self.data("auth.login", data)["token"]
        self.bearer = {"Authorization": f"Bearer {token}"}
        part = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def told(answer: requests.Response) -> tuple[int, int]:
    meta = answer.json()["meta"]
    assert meta["result_code"] == answer.status_code
    return answer.status_code, meta["result_subcode"]


def sdk(person: Person, workspace: str, **terms: Any) -> Sdk:
    made = person.post(f"{workspace}/credentials", {"label": "laptop", **terms})
    assert made.status_code == 201, made.text
    return Sdk(person.gatehouse.url, made.json()["access_key"], made.json()["secret_key"])


def id_of(workspace: str) -> str:
    return workspace.rpartition("/")[2]


@pytest.fixture
def vision(ada: Person) -> str:
    return ada.workspace("vision")


@pytest.mark.feature("C-12")
def test_the_token_says_what_clients_read_from_it(ada: Person, vision: str) -> None:
    claims = sdk(ada, vision).login()
    assert (claims["api_version"], claims["feature_set"], claims["server_version"]) == ("2.34", "advanced", "2.3.0")
    identity = {"user": ada.account["id"], "company": id_of(vision), "role": "admin", "company_name": "vision"}
    assert identity.items() <= claims["identity"].items()
    assert claims["exp"] - claims["iat"] > 12 * 3600


@pytest.mark.parametrize(("wish", "seconds"), [(600, 600), ("600", 600), (10**12, 30 * 24 * 3600)])
def test_a_wish_for_another_life_is_granted_within_limits(ada: Person, vision: str, wish: Any, seconds: int) -> None:
    claims = sdk(ada, vision).login(expiration_sec=wish)
    assert claims["exp"] - claims["iat"] == seconds


@pytest.mark.feature("C-10")
def test_a_token_ends_with_its_pair(ada: Person, vision: str) -> None:
    first, second = sdk(ada, vision), sdk(ada, vision)
    for client in (first, second):
        client.login()
    assert first.data("auth.revoke_credentials", {"key_id": first.access_key}) == {"revoked": 1}
    assert told(first.call("users.get_current_user")) == (401, 30)
    first.bearer = {}
    assert told(first.call("auth.login")) == (401, 22)
    assert told(second.call("users.get_current_user")) == (200, 0)


@pytest.mark.feature("W-10")
def test_a_token_ends_with_the_membership_and_elsewhere_life_goes_on(ada: Person, olivia: Person, vision: str) -> None:
    ada.welcome(vision, olivia)
    here, own = sdk(olivia, vision), sdk(olivia, olivia.workspace())
    for client in (here, own):
        client.login()
    assert ada.delete(f"{vision}/members/{olivia.account['id']}").status_code == 204
    assert told(here.call("users.get_current_user")) == (401, 30)
    here.bearer = {}
    assert told(here.call("auth.login")) == (401, 22)
    assert told(own.call("users.get_current_user")) == (200, 0)


@pytest.mark.feature("C-09")
def test_pairs_are_listed_without_secrets_labelled_and_not_found_elsewhere(ada: Person, olivia: Person, vision: str) -> None:
    client = sdk(ada, vision)
    ada.welcome(vision, olivia)
    theirs = sdk(olivia, vision)
    made = client.data("auth.create_credentials", {"label": "ci", "expiration_sec": 3600}, method="POST")["credentials"]
    listed = {pair["access_key"]: pair for pair in client.data("auth.get_credentials")["credentials"]}
    assert listed.keys() == {client.access_key, made["access_key"]}
    assert (listed[made["access_key"]]["label"], "secret_key" in listed[made["access_key"]]) == ("ci", False)
    assert listed[made["access_key"]]["expire"]
    assert client.data("auth.edit_credentials", {"access_key": made["access_key"], "label": "night"}) == {"updated": 1}
    for unknown in (theirs.access_key, "A" * 30, "x"):
        assert told(client.call("auth.edit_credentials", {"access_key": unknown, "label": "mine"})) == (400, 75)
        assert told(client.call("auth.revoke_credentials", {"access_key": unknown})) == (400, 300)
    assert told(theirs.call("users.get_current_user")) == (200, 0)


def test_missing_and_wrong_fields_have_numbers(ada: Person, vision: str) -> None:
    client = sdk(ada, vision)
    assert told(client.call("auth.edit_credentials", {"label": "x"})) == (400, 11)
    assert told(client.call("auth.create_credentials", {"label": "x" * 200})) == (400, 12)
    assert told(client.call("auth.login", {"expiration_sec": -1})) == (400, 12)
    assert told(client.call("users.get_by_id", {"user": "somebody"})) == (400, 301)


def test_nobody_acts_for_another_or_elsewhere(ada: Person, olivia: Person, vision: str) -> None:
    client = sdk(ada, vision)
    for header in ("X-Clearml-Impersonate-As", "X-Clearml-Act-As"):
        assert told(client.call("users.get_current_user", headers={header: olivia.account["id"]})) == (400, 6)
        assert told(client.call("users.get_current_user", headers={header: ada.account["id"]})) == (200, 0)
    other = id_of(ada.workspace("other"))
    assert told(client.call("users.get_current_user", headers={"X-Clearml-Tenant": other})) == (403, 20)


def test_sessions_and_access_tokens_are_no_credentials_here(ada: Person, vision: str) -> None:
    named = ada.post("/v1/account/tokens", {"name": "x", "scopes": ["account", "workspaces"]}).json()["token"]
    for token in (ada.token, named):
        answer = requests.get(f"{ada.gatehouse.url}/clearml/auth.login", headers={"Authorization": f"Bearer {token}"}, timeout=30)
        assert told(answer) == (401, 30)


def test_preferences_are_kept_by_path(ada: Person, vision: str) -> None:
    client = sdk(ada, vision)
    assert client.data("users.get_preferences") == {"preferences": {}}
    kept = client.data("users.set_preferences", {"preferences": {"view.theme": "dark"}, "return_updated": True})
    assert kept == {"updated": 1, "fields": {"preferences": {"view": {"theme": "dark"}}}}
    assert client.data("users.set_preferences", {"preferences": {"view.theme": "dark"}})["updated"] == 0
    assert client.data("users.get_current_user")["user"]["preferences"] == {"view": {"theme": "dark"}}
    [entry] = eventually(lambda: ada.get("/v1/account/audit?type=identity.client_preferences.updated").json()["items"])
    assert (entry["actor"], entry["changes"]) == (ada.account["id"], {"account_id": ada.account["id"]})
    assert told(client.call("users.set_preferences", {"preferences": {"a..b": 1}})) == (400, 305)
    assert told(client.call("users.set_preferences", {"preferences": {"a": "x" * 40_000}})) == (400, 305)


def test_pages_learn_of_people_company_and_server(ada: Person, olivia: Person, vision: str) -> None:
    ada.welcome(vision, olivia, role="viewer")
    client, guest = sdk(ada, vision), sdk(olivia, vision)
    [company] = client.data("organization.get_user_companies")["companies"]
    assert (company["id"], company["name"], [owner["id"] for owner in company["owners"]]) == (id_of(vision), "vision", [ada.account["id"]])
    assert {user["id"]: user["role"] for user in client.data("users.get_all")["users"]} == {
        ada.account["id"]: "admin",
        olivia.account["id"]: "guest",
    }
    assert client.data("login.supported_modes")["authenticated"] is True
    assert client.data("users.get_vaults", params=[("enabled", "true"), ("types", "config"), ("types", "config")]) == {"vaults": []}
    assert client.data("server.info")["api_version"] == "2.34"
    assert {"name": "auth.login", "min_version": "2.1"} in client.data("server.endpoints")["endpoints"]
    assert client.data("server.report_stats_option", {"enabled": True})["enabled"] is False
    assert told(guest.call("users.get_current_user")) == (200, 0)


def test_accounts_are_out_of_reach_of_a_key_pair(ada: Person, vision: str) -> None:
    client = sdk(ada, vision)
    for name in ("users.update", "users.delete", "auth.get_token_for_user"):
        assert told(client.call(name, {"user": ada.account["id"], "name": "Eve"})) == (403, 20)


def test_tokens_can_be_asked_about(ada: Person, vision: str) -> None:
    client, other = sdk(ada, vision), sdk(ada, ada.workspace("other"))
    client.login()
    other.login()
    mine, theirs = (c.bearer["Authorization"].partition(" ")[2] for c in (client, other))
    assert client.data("auth.validate_token", {"token": mine}) == {
        "valid": True,
        "user": ada.account["id"],
        "company": id_of(vision),
        "tenant": id_of(vision),
        "role": "admin",
    }
    for token in (theirs, "a.b.c", "x"):
        assert client.data("auth.validate_token", {"token": token})["valid"] is False


def test_when_and_from_where_a_pair_was_used_is_told(ada: Person, vision: str) -> None:
    client = sdk(ada, vision)
    deadline = time.monotonic() + 10
    while not (used := client.data("auth.get_credentials")["credentials"][0])["last_used"]:
        assert time.monotonic() < deadline
    assert used["last_used_from"]
