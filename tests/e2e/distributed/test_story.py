"""The product's main job, in both modes."""

import pytest

from gatehouse.demo_client import Person as Script
from tests.kit.installations import Installation
from tests.kit.people import PASSWORD, Person
from tests.servers import eventually
from tests.workers import take_turn

READ = {"action": "read", "resource": {"type": "project", "id": "segmentation"}}


def test_a_newcomer_is_invited_joins_is_removed_and_refused_at_once(either_gatehouse: Installation) -> None:
    olivia, ada = Person(either_gatehouse, "olivia").arrived(), Person(either_gatehouse, "ada")
    vision = olivia.workspace("vision")
    invited = olivia.post(f"{vision}/invitations", {"email": ada.email})
    assert (invited.status_code, invited.json()["status"]) == (201, "pending")
    link = invited.json()["link"]
    assert link.startswith(either_gatehouse.url)
    assert link.endswith(f"/invitations/{ada.mailed('/invitations/')}")

    ada.arrived()
    notice = ada.get("/v1/account/notices").json()["items"][0]
    assert (notice["kind"], notice["workspace_name"]) == ("invitation", "vision")
    joined = ada.post(f"/v1/invitations/{notice['token']}/accept")
    assert (joined.status_code, joined.json()["role"]) == (200, "editor")

    both = {olivia.account["username"], ada.account["username"]}
    for reader in (olivia, ada):
        assert {member["username"] for member in reader.get(f"{vision}/members").json()["items"]} == both
    for _ in range(3):
        assert ada.post(f"{vision}/check", READ).json()["allowed"] is True

    removed = olivia.delete(f"{vision}/members/{ada.account['id']}")
    refused = ada.post(f"{vision}/check", READ)
    assert (removed.status_code, refused.status_code, refused.json()["code"]) == (204, 404, "workspace_not_found")

    trail = eventually(lambda: _trail_to(olivia, vision, "workspaces.member.removed"))
    assert [(entry["type"], entry["actor"], entry["ip"]) for entry in trail] == [
        ("workspaces.workspace.created", olivia.account["id"], olivia.ip),
        ("workspaces.member.joined", olivia.account["id"], olivia.ip),
        ("workspaces.member.invited", olivia.account["id"], olivia.ip),
        ("workspaces.member.joined", ada.account["id"], ada.ip),
        ("workspaces.member.removed", olivia.account["id"], olivia.ip),
    ]
    assert trail[-1]["correlation_id"] == removed.headers["X-Correlation-ID"]


def test_one_correlation_id_ties_a_sign_up_to_what_other_services_did_about_it(either_gatehouse: Installation) -> None:
    ada = Person(either_gatehouse, "ada")
    correlation_id = ada.sign_up().headers["X-Correlation-ID"]
    ada.verify()
    ada.sign_in()
    eventually(lambda: ada.get("/v1/account").json()["personal_workspace_id"])
    personal = f"/v1/workspaces/{ada.get('/v1/account').json()['personal_workspace_id']}"
    entries = eventually(lambda: ada.get(f"{personal}/audit").json()["items"])
    own = eventually(lambda: ada.get("/v1/account/audit").json()["items"])
    registered = next(entry for entry in own if entry["type"] == "identity.account.registered")
    created = next(entry for entry in entries if entry["type"] == "workspaces.workspace.created")
    assert registered["correlation_id"] == created["correlation_id"] == correlation_id
    assert (created["causation_id"], created["actor"]) == (registered["id"], "system:workspaces")


def test_the_demonstration_plays_to_a_good_end(either_gatehouse: Installation) -> None:
    told = either_gatehouse.run("demo", "--setup-token", either_gatehouse.setup_token)
    assert "All of it held." in told
    assert "✗" not in told


@pytest.mark.timeout(300)
def test_who_creates_a_thousand_workspaces_always_finds_the_latest_in_the_list(either_gatehouse: Installation) -> None:
    olivia = Person(either_gatehouse, "olivia").arrived()
    script = Script("script", either_gatehouse.url, token=olivia.token)
    last_page = ""
    for number in range(1000):
        take_turn()
        created = script.call("POST", "/v1/workspaces", {"name": f"number {number}"}).body["id"]
        page = script.call("GET", f"/v1/workspaces?limit=4{last_page}").body
        while page["next_cursor"]:
            last_page = f"&cursor={page['next_cursor']}"
            page = script.call("GET", f"/v1/workspaces?limit=4{last_page}").body
        assert created in [workspace["id"] for workspace in page["items"]]


def test_the_mailed_links_open_pages_that_change_nothing_until_a_button_is_pressed(gatehouse: Installation) -> None:
    ada = Person(gatehouse, "ada")
    ada.sign_up()
    token = ada.mailed("/verify-email?token=")
    page = ada.get(f"/verify-email?token={token}")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert ada.email in page.text
    assert ada.sign_in().status_code == 401
    assert ada.call("POST", "/verify-email", data={"token": token, "password": "of somebody else, a careless click"}).status_code == 403
    assert ada.sign_in().status_code == 401
    assert ada.call("POST", "/verify-email", data={"token": token, "password": PASSWORD}).status_code == 200
    assert ada.sign_in().status_code == 201


def test_a_retry_with_the_same_idempotency_key_creates_nothing_twice(olivia: Person) -> None:
    key = {"Idempotency-Key": "6f1c"}
    first, second = (olivia.post("/v1/workspaces", {"name": "once"}, headers=key) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert [w["name"] for w in olivia.get("/v1/workspaces?limit=200").json()["items"]].count("once") == 1


def test_signing_out_ends_the_session_at_once(olivia: Person) -> None:
    assert olivia.get("/v1/account").status_code == 200
    assert olivia.delete("/v1/sessions/current").status_code == 204
    assert olivia.get("/v1/account").json()["code"] == "session_invalid"


def test_an_erased_account_is_out_at_once_and_its_name_is_nowhere(olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    olivia.welcome(vision, ada)
    gone = ada.delete("/v1/account", {"password": PASSWORD, "confirm": ada.account["username"]})
    assert (gone.status_code, ada.get("/v1/account").status_code) == (204, 401)
    eventually(lambda: len(olivia.get(f"{vision}/members").json()["items"]) == 1)


def _trail_to(reader: Person, path: str, last: str) -> list[dict[str, str]]:
    """All entries, once the last one is there."""
    entries: list[dict[str, str]] = reader.get(f"{path}/audit").json()["items"]
    return entries if entries and entries[-1]["type"] == last else []
