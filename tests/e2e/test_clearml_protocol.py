"""ClearML's protocol, statement by statement, where no other test has it already."""

import base64
from typing import Any

import pytest
import requests

from tests.e2e.lasting import lasting
from tests.e2e.test_clearml import Sdk, id_of, sdk, told
from tests.kit.installations import Installation
from tests.kit.people import Person

olivia, ada = lasting("olivia"), lasting("ada")


@pytest.fixture
def vision(ada: Person) -> str:
    return ada.workspace("vision")


@pytest.fixture
def client(ada: Person, vision: str) -> Sdk:
    return sdk(ada, vision)


@pytest.mark.feature("C-12")
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_a_change_is_made_by_any_method_with_data_in_the_body_the_query_or_both(client: Sdk, method: str) -> None:
    made = client.data(
        "auth.create_credentials", {"label": "from the body", "method": "get"}, method=method, params={"label": "from the query"}
    )
    assert made["credentials"]["label"] == "from the query"
    key = {"access_key": made["credentials"]["access_key"]}
    assert client.data("auth.edit_credentials", key, method=method, params={"label": "both"}) == {"updated": 1}
    assert client.data("auth.revoke_credentials", method=method, params=key) == {"revoked": 1}


@pytest.mark.parametrize("action", ["auth.login", "v2.23/users.get_current_user", "auth.no_such_action", "auth.revoke_credentials"])
def test_every_answer_has_the_envelope_is_json_and_is_kept_by_nobody(client: Sdk, action: str) -> None:
    answer = client.call(action)
    assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == ("application/json", "no-store")
    assert isinstance(answer.json()["data"], dict)
    meta = answer.json()["meta"]
    assert all(isinstance(meta[name], str) for name in ("id", "trx", "result_msg"))
    assert (meta["error_stack"], meta["error_data"], meta["result_code"]) == (None, {}, answer.status_code)
    assert meta["endpoint"]["name"] == action.rpartition("/")[2]


def test_the_cookie_of_a_browser_opens_nothing(gatehouse: Installation, ada: Person) -> None:
    answer = requests.get(f"{gatehouse.url}/clearml/users.get_current_user", cookies={"gatehouse_session": ada.token}, timeout=30)
    assert told(answer) == (401, 20)


@pytest.mark.parametrize("path", ["", "/", "/auth.login/", "/v2.5/auth.login", "//auth.login", "/auth.login?x=1"])
def test_nothing_redirects(gatehouse: Installation, path: str) -> None:
    answer = requests.get(f"{gatehouse.url}/clearml{path}", timeout=30, allow_redirects=False)
    assert answer.status_code in (400, 401)
    assert "meta" in answer.json()


def test_wrong_keys_and_secrets_are_refused_alike(client: Sdk) -> None:
    for key, secret in ((client.access_key, "wrong"), ("A" * 30, "wrong"), (client.access_key, ""), ("x", "y:z")):
        client.basic = {"Authorization": "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()}
        assert told(client.call("auth.login")) == (401, 22)


def test_a_token_is_renewed_with_itself(client: Sdk, ada: Person) -> None:
    first = client.login()
    second = client.login()
    assert (second["sub"], second["credential_id"]) == (first["sub"], first["credential_id"])
    assert second["jti"] != first["jti"]
    assert client.data("users.get_current_user")["user"]["id"] == ada.account["id"]


def test_agents_find_the_company_of_a_key_in_its_token(client: Sdk, vision: str) -> None:
    claims = client.login()
    assert claims["tenant"] == claims["identity"]["company"] == id_of(vision)
    assert client.call("auth.login", headers={"X-Clearml-Tenant": claims["tenant"]}).status_code == 200


def test_no_secret_of_a_key_is_in_its_token(client: Sdk) -> None:
    secret = base64.b64decode(client.basic["Authorization"].partition(" ")[2]).decode().partition(":")[2]
    assert secret not in str(client.login())


def test_keys_have_the_shape_that_others_expect(client: Sdk) -> None:
    made = client.data("auth.create_credentials")["credentials"]
    assert len(made["access_key"]) == 30
    assert made["access_key"].isalnum()
    assert made["access_key"].isupper()
    assert len(made["secret_key"]) == 67
    assert made["secret_key"][0] not in "-_"


@pytest.mark.feature("C-10")
def test_administrators_locate_the_keys_of_their_workspace_only(ada: Person, olivia: Person, client: Sdk, vision: str) -> None:
    ada.welcome(vision, olivia)
    theirs, elsewhere = sdk(olivia, vision), sdk(ada, ada.workspace("other"))
    found = client.data("auth.locate_credentials", {"access_key": theirs.access_key})
    assert found.keys() == {"user", "name", "label", "expire", "last_used", "last_used_from"}
    assert (found["user"], found["label"], found["expire"]) == (olivia.account["id"], "laptop", None)
    for unknown in (elsewhere.access_key, "A" * 30):
        assert told(client.call("auth.locate_credentials", {"access_key": unknown})) == (400, 75)
    assert told(client.call("auth.locate_credentials")) == (400, 11)
    assert told(theirs.call("auth.locate_credentials", {"access_key": theirs.access_key})) == (403, 20)


def test_the_current_user_is_told_with_everything_pages_show(client: Sdk, ada: Person, vision: str) -> None:
    told_of = client.data("users.get_current_user")
    user = told_of["user"]
    assert user.keys() >= {"id", "name", "given_name", "family_name", "avatar", "role", "created", "company", "preferences"}
    assert (user["id"], user["company"], user["role"]) == (ada.account["id"], {"id": id_of(vision), "name": "vision"}, "admin")
    assert isinstance(told_of["settings"]["max_download_items"], int)


@pytest.mark.parametrize("action", ["users.get_all", "users.get_all_ex"])
def test_people_are_looked_up(ada: Person, olivia: Person, client: Sdk, vision: str, action: str) -> None:
    ada.welcome(vision, olivia)
    name = {user["id"]: user["name"] for user in client.data(action)["users"]}[olivia.account["id"]]
    assert client.data(action, {"name": f"^{name}$", "only_fields": ["name"]}) == {"users": [{"id": olivia.account["id"], "name": name}]}
    assert [user["id"] for user in client.data(action, params={"id": ada.account["id"]})["users"]] == [ada.account["id"]]
    assert len(client.data(action, params={"page": 0, "page_size": 1, "order_by": "name"})["users"]) == 1
    assert told(client.call(action, {"name": "(a+)+$"})) == (400, 16)


@pytest.mark.parametrize(
    "action",
    [
        *("auth.create_user", "auth.edit_user", "auth.get_token_for_user", "auth.create_service_user"),
        *("users.create", "users.delete", "users.update", "users.set_role", "users.update_service_user"),
        *("server.config", "server.get_stats"),
    ],
)
def test_what_no_key_pair_may_do_is_refused_even_to_administrators(client: Sdk, action: str) -> None:
    assert told(client.call(action, {"user": "somebody", "name": "Eve", "company": "x", "email": "eve@example.org"})) == (403, 20)


OPEN = {
    "auth.fixed_users_mode": {"enabled"},
    "login.supported_modes": {"basic", "sso", "sso_providers", "server_errors", "authenticated"},
    "login.logout": set(),
}
KNOWN = {
    "server.info": {"version", "build", "commit", "uid", "api_version"},
    "server.endpoints": {"endpoints"},
    "server.report_stats_option": {
        *("supported", "enabled", "enabled_time", "enabled_version", "enabled_user", "current_version"),
    },
    "organization.get_user_companies": {"companies"},
    "users.get_preferences": {"preferences"},
    "users.get_vaults": {"vaults"},
    "auth.get_credentials": {"credentials", "additional_credentials"},
}


@pytest.mark.parametrize("action", OPEN)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer a.b.c"}], ids=["unknown", "wrong"])
def test_what_is_open_is_told_to_anybody(gatehouse: Installation, action: str, headers: dict[str, str]) -> None:
    answer = requests.get(f"{gatehouse.url}/clearml/{action}", headers=headers, timeout=30)
    assert told(answer) == (200, 0)
    assert answer.json()["data"].keys() >= OPEN[action]
    assert not answer.json()["data"].get("authenticated")


@pytest.mark.parametrize("action", KNOWN)
def test_everything_else_is_told_to_whoever_logs_in(gatehouse: Installation, client: Sdk, action: str) -> None:
    assert client.data(action).keys() >= KNOWN[action]
    assert told(requests.get(f"{gatehouse.url}/clearml/{action}", timeout=30)) == (401, 20)


@pytest.mark.parametrize(
    "sent", [{"params": [("enabled", "true"), ("types", "config"), ("types", "config")]}, {"data": {"enabled": True, "types": ["config"]}}]
)
def test_vaults_are_asked_for_in_the_query_or_in_the_body(client: Sdk, sent: dict[str, Any]) -> None:
    assert client.data("users.get_vaults", **sent) == {"vaults": []}
