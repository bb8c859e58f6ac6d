"""Workspaces as people use them: members, roles, invitations, links, limits."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.test_bad_input import refused
from tests.kit.installations import Installation, embedded
from tests.kit.people import Person
from tests.servers import eventually

READ = {"action": "read", "resource": {"type": "project", "id": "segmentation"}}


@pytest.fixture(scope="module")
def small_gatehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Where a workspace has room for three."""
    with embedded(tmp_path_factory.mktemp("small"), GATEHOUSE_MEMBER_LIMIT="3") as running:
        assert Person(running, "operator").sign_up(setup_token=running.setup_token).status_code == 201
        yield running


def arrived(gatehouse: Installation, *names: str) -> list[Person]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda name: Person(gatehouse, name).arrived(), names))


def token(invitation: dict[str, Any]) -> str:
    return str(invitation["link"]).rpartition("/")[2]


def invited(admin: Person, workspace: str, **body: Any) -> dict[str, Any]:
    answer = admin.post(f"{workspace}/invitations", body)
    assert answer.status_code == 201, answer.text
    invitation: dict[str, Any] = answer.json()
    return invitation


def opened(admin: Person, workspace: str, **terms: Any) -> dict[str, Any]:
    return invited(admin, workspace, open=True, **terms)


def accept(person: Person, invitation: dict[str, Any]) -> Any:
    return person.post(f"/v1/invitations/{token(invitation)}/accept")


def members(reader: Person, workspace: str, query: str = "") -> list[dict[str, Any]]:
    answer = reader.get(f"{workspace}/members{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def change(admin: Person, workspace: str, member: Person, **changes: Any) -> Any:
    return admin.call("PATCH", f"{workspace}/members/{member.account['id']}", changes)


def moment(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**span)).isoformat()


def personal(person: Person) -> str:
    return str(eventually(lambda: person.get("/v1/account").json()["personal_workspace_id"]))


def notices(person: Person, kind: str) -> list[dict[str, Any]]:
    return [notice for notice in person.get("/v1/account/notices").json()["items"] if notice["kind"] == kind]


@pytest.mark.feature("W-01")
def test_everybody_has_one_personal_workspace_that_can_be_neither_left_nor_deleted(ada: Person) -> None:
    mine = f"/v1/workspaces/{personal(ada)}"
    assert [w["id"] for w in ada.get("/v1/workspaces").json()["items"] if w["personal"]] == [personal(ada)]
    refused(ada.delete(f"{mine}/members/me"), 409, "personal_workspace")
    refused(ada.delete(mine), 409, "personal_workspace")
    refused(ada.call("PATCH", mine, {"slug": "mine-alone"}), 409, "personal_workspace")
    refused(change(ada, mine, ada, role="viewer"), 409, "personal_workspace")
    assert ada.get(mine).json()["role"] == "admin"


@pytest.mark.feature("W-02")
def test_every_membership_is_listed_with_its_role_and_end(olivia: Person, ada: Person) -> None:
    vision, speech, until = olivia.workspace("vision"), olivia.workspace("speech"), moment(days=3)
    olivia.welcome(vision, ada, role="viewer")
    olivia.welcome(speech, ada)
    change(olivia, speech, ada, expires_at=until)
    personal(ada)
    listed = {w["name"]: (w["role"], w["personal"], w["member_count"]) for w in ada.get("/v1/workspaces").json()["items"]}
    assert listed == {"Personal": ("admin", True, 1), "vision": ("viewer", False, 2), "speech": ("editor", False, 2)}
    ends = {w["name"]: w["expires_at"] for w in ada.get("/v1/workspaces").json()["items"]}
    assert (ends["vision"], datetime.fromisoformat(ends["speech"])) == (None, datetime.fromisoformat(until))


@pytest.mark.feature("W-03")
def test_the_active_workspace_is_one_for_all_tabs_of_a_session_and_falls_back_when_it_is_lost(olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    olivia.welcome(vision, ada)
    home, chosen = personal(ada), vision.rpartition("/")[2]
    assert ada.get("/v1/sessions/current").json()["workspace"]["id"] == home

    switched = ada.call("PUT", "/v1/sessions/current/workspace", {"workspace_id": chosen})
    assert (switched.status_code, switched.json()["id"], switched.json()["role"]) == (200, chosen, "editor")
    assert ada.get("/v1/sessions/current").json()["workspace"]["id"] == chosen
    first, _ = ada.token, ada.sign_in()
    assert ada.get("/v1/sessions/current").json()["workspace"]["id"] == home, "another session is another matter"

    ada.token = first
    olivia.delete(f"{vision}/members/{ada.account['id']}")
    assert ada.get("/v1/sessions/current").json()["workspace"]["id"] == home
    refused(ada.call("PUT", "/v1/sessions/current/workspace", {"workspace_id": chosen}), 404, "workspace_not_found")
    for wrong in ({"workspace_id": "vision"}, {}, {"workspace_id": None}, {"workspace_id": chosen, "session_id": str(uuid4())}):
        refused(ada.call("PUT", "/v1/sessions/current/workspace", wrong), 422, "invalid_fields")
    switches = eventually(lambda: _own_audit(ada, "identity.session.workspace_switched"))
    assert [entry["changes"]["workspace_id"] for entry in switches] == [chosen]


@pytest.mark.feature("W-04")
def test_only_an_administrator_renames_and_ids_and_links_stay(olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    olivia.welcome(vision, ada)
    invitation, slug = invited(olivia, vision, email="guest@example.org"), f"eye-{uuid4().hex[:8]}"
    refused(ada.call("PATCH", vision, {"name": "mine"}), 403, "role_insufficient")
    renamed = olivia.call("PATCH", vision, {"name": "Seeing", "slug": slug}).json()
    assert (f"/v1/workspaces/{renamed['id']}", renamed["name"], renamed["slug"]) == (vision, "Seeing", slug)
    assert olivia.get(f"/v1/invitations/{token(invitation)}").json()["workspace_name"] == "Seeing"
    assert ada.get(vision).json()["slug"] == slug
    for wrong in ({}, {"id": str(uuid4())}, {"slug": "Not A Slug"}, {"slug": "personal-0", "personal": True}, {"member_limit": 99}):
        refused(olivia.call("PATCH", vision, wrong), 422, "invalid_fields")


@pytest.mark.feature("W-04")
def test_a_slug_belongs_to_one_and_a_former_one_is_free_at_once(olivia: Person, ada: Person) -> None:
    vision, other = olivia.workspace(), ada.workspace()
    first, second = (f"slug-{uuid4().hex[:8]}" for _ in range(2))
    assert olivia.call("PATCH", vision, {"slug": first}).status_code == 200
    refused(ada.call("PATCH", other, {"slug": first}), 409, "slug_taken")
    refused(ada.call("PATCH", other, {"slug": "personal-0"}), 409, "slug_taken")
    assert olivia.call("PATCH", vision, {"slug": second}).json()["slug"] == second
    assert ada.call("PATCH", other, {"slug": first}).json()["slug"] == first


@pytest.mark.feature("W-05")
def test_to_invite_an_address_again_finds_the_invitation_there_is(olivia: Person) -> None:
    vision = olivia.workspace()
    first = invited(olivia, vision, email="guest@example.org", role="viewer")
    again = invited(olivia, vision, email="Guest@EXAMPLE.org")
    assert again == first
    assert (first["status"], first["role"], first["open"]) == ("pending", "viewer", False)
    assert first["link"].startswith(f"{olivia.gatehouse.url}/invitations/gi_")


@pytest.mark.feature("W-05")
def test_a_member_is_not_invited_again(olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    olivia.welcome(vision, ada)
    refused(olivia.post(f"{vision}/invitations", {"email": ada.email.upper()}), 409, "already_member")


@pytest.mark.feature("W-05")
def test_groups_are_refused_until_there_are_some(olivia: Person) -> None:
    vision = olivia.workspace()
    refused(olivia.post(f"{vision}/invitations", {"email": "a@example.org", "groups": [str(uuid4())]}), 422, "groups_unavailable")
    assert invited(olivia, vision, email="a@example.org", groups=[])["status"] == "pending"


@pytest.mark.feature("W-06")
def test_an_open_link_lets_in_whoever_has_it_until_it_is_used_up(olivia: Person, gatehouse: Installation) -> None:
    vision, (ada, bob, eve) = olivia.workspace(), arrived(gatehouse, "ada", "bob", "eve")
    link = opened(olivia, vision, role="viewer", max_uses=2, expires_at=moment(days=2))
    assert (link["open"], link["max_uses"], link["uses"], link["email"]) == (True, 2, 0, None)
    assert eve.get(f"/v1/invitations/{token(link)}").json()["workspace_name"] == "vision"

    assert "address that was invited" not in eve.get(f"/invitations/{token(link)}").text

    assert accept(ada, link).json()["role"] == "viewer"
    assert accept(ada, link).status_code == 200, "a member who comes again uses nothing up"
    assert accept(bob, link).status_code == 200
    refused(accept(eve, link), 409, "invitation_used_up")
    shown = next(i for i in olivia.get(f"{vision}/invitations").json()["items"] if i["id"] == link["id"])
    assert (shown["status"], shown["uses"], shown["link"]) == ("accepted", 2, None)
    assert eve.get(vision).status_code == 404


@pytest.mark.feature("W-06")
def test_an_open_link_is_dead_once_withdrawn_expired_or_left_behind(olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    withdrawn, short, good = opened(olivia, vision), opened(olivia, vision, expires_at=moment(seconds=1)), opened(olivia, vision)
    assert olivia.delete(f"{vision}/invitations/{withdrawn['id']}").status_code == 204
    assert olivia.delete(f"{vision}/invitations/{withdrawn['id']}").status_code == 204
    refused(accept(ada, withdrawn), 409, "invitation_withdrawn")
    eventually(lambda: ada.get(f"/v1/invitations/{token(short)}").json()["status"] == "expired")
    refused(accept(ada, short), 409, "invitation_expired")
    refused(ada.post(f"/v1/invitations/{token(good)}/decline"), 409, "invitation_open")
    assert accept(ada, good).status_code == 200
    assert ada.delete(f"{vision}/members/me").status_code == 204
    refused(accept(ada, good), 409, "invitation_withdrawn")
    assert accept(ada, opened(olivia, vision)).status_code == 200


@pytest.mark.feature("W-06")
@pytest.mark.parametrize(
    "wrong",
    [
        {"max_uses": 0},
        {"max_uses": 2**40},
        {"max_uses": 100_000},
        {"max_uses": "many"},
        {"role": "admin"},
        {"email": "a@example.org"},
        {"expires_at": "tomorrow"},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "9999-12-31T23:59:59Z"},
        {"expires_at": "2030-01-01T00:00:00"},
        {"workspace_id": "x"},
    ],
    ids=str,
)
def test_an_open_link_that_makes_no_sense_is_refused(olivia: Person, wrong: dict[str, Any]) -> None:
    vision = olivia.workspace()
    refused(olivia.post(f"{vision}/invitations", {"open": True} | wrong), 422, "invalid_fields")
    refused(olivia.post(f"{vision}/invitations", {"email": "a@example.org", "max_uses": 3}), 422, "invalid_fields")
    assert olivia.get(f"{vision}/invitations").json()["items"] == []


@pytest.mark.feature("W-07")
def test_whoever_has_an_account_is_told_in_the_application_and_answers_there(olivia: Person, ada: Person) -> None:
    vision, speech = olivia.workspace("vision"), olivia.workspace("speech")
    for workspace in (vision, speech):
        invited(olivia, workspace, email=ada.email)
    waiting = {notice["workspace_name"]: notice for notice in notices(ada, "invitation")}
    assert ada.post(f"/v1/invitations/{waiting['vision']['token']}/accept").status_code == 200
    for _ in range(2):
        assert ada.post(f"/v1/invitations/{waiting['speech']['token']}/decline").status_code == 204
    assert [notice["token"] for notice in notices(ada, "invitation")] == [None, None]
    assert (ada.get(vision).status_code, ada.get(speech).status_code) == (200, 404)
    assert [i["status"] for i in olivia.get(f"{speech}/invitations").json()["items"]] == ["declined"]
    refused(ada.post(f"/v1/invitations/{waiting['speech']['token']}/accept"), 409, "invitation_declined")

    change(olivia, vision, ada, role="viewer")
    olivia.delete(f"{vision}/members/{ada.account['id']}")
    told = [(n["kind"], n["role"]) for n in ada.get("/v1/account/notices").json()["items"]][:2]
    assert told == [("removed", None), ("role_changed", "viewer")]
    assert ada.call("PUT", f"/v1/account/notices/{notices(ada, 'removed')[0]['id']}/read").status_code == 204
    assert notices(ada, "removed")[0]["read_at"] is not None


@pytest.mark.feature("W-08")
def test_the_members_list_shows_an_invitation_as_soon_as_it_is_sent(olivia: Person) -> None:
    vision = olivia.workspace()
    for number in range(20):
        email = f"guest{number}@example.org"
        invited(olivia, vision, email=email)
        assert members(olivia, vision)[-1]["email"] == email


@pytest.mark.feature("W-09")
def test_the_table_of_users_tells_who_is_active_or_pending_and_how_many_of_how_many(small_gatehouse: Installation) -> None:
    olivia, ada = arrived(small_gatehouse, "olivia", "ada")
    vision = olivia.workspace()
    olivia.welcome(vision, ada, role="viewer")
    guest = invited(olivia, vision, email="guest@example.org")
    rows = [(m["username"], m["email"], m["role"], m["status"], m["groups"]) for m in members(olivia, vision)]
    assert rows == [
        (olivia.account["username"], None, "admin", "active", []),
        (ada.account["username"], None, "viewer", "active", []),
        (None, "guest@example.org", "editor", "pending", []),
    ]
    assert members(olivia, vision)[2]["invited_at"] is not None
    assert [m["status"] for m in members(olivia, vision, "?status=pending")] == [guest["status"]]
    assert [m["account_id"] for m in members(olivia, vision, "?role=admin&status=active")] == [olivia.account["id"]]
    refused(olivia.get(f"{vision}/members?status=gone"), 422, "invalid_fields")
    shown = olivia.get(vision).json()
    assert (shown["member_count"], shown["pending_count"], shown["member_limit"]) == (2, 1, 3)


@pytest.mark.feature("W-10")
def test_whoever_is_removed_is_refused_at_once_and_comes_back_by_a_new_invitation_only(olivia: Person, ada: Person) -> None:
    vision, speech = olivia.workspace("vision"), olivia.workspace("speech")
    old = invited(olivia, vision, email=ada.email)
    accept(ada, old)
    olivia.welcome(speech, ada)
    assert ada.post(f"{vision}/check", READ).json()["allowed"] is True
    refused(ada.delete(f"{vision}/members/{olivia.account['id']}"), 403, "role_insufficient")
    assert olivia.delete(f"{vision}/members/{ada.account['id']}").status_code == 204
    for path in ("", "/members"):
        refused(ada.get(f"{vision}{path}"), 404, "workspace_not_found")
    refused(ada.post(f"{vision}/check", READ), 404, "workspace_not_found")
    about = READ | {"principal": ada.account["id"]}
    assert olivia.post(f"{vision}/check", about).json()["allowed"] is False
    assert ada.get(speech).status_code == 200
    refused(accept(ada, old), 409, "invitation_taken")
    assert accept(ada, invited(olivia, vision, email=ada.email)).status_code == 200


@pytest.mark.feature("W-11")
def test_whoever_leaves_loses_that_workspace_only_and_older_links_are_dead(olivia: Person, ada: Person) -> None:
    vision, speech = olivia.workspace("vision"), olivia.workspace("speech")
    unused = opened(olivia, vision)
    for workspace in (vision, speech):
        olivia.welcome(workspace, ada)
    assert ada.delete(f"{vision}/members/me").status_code == 204
    refused(ada.get(vision), 404, "workspace_not_found")
    refused(ada.delete(f"{vision}/members/me"), 404, "workspace_not_found")
    assert ada.get(speech).status_code == 200
    refused(accept(ada, unused), 409, "invitation_withdrawn")
    assert accept(ada, invited(olivia, vision, email=ada.email)).status_code == 200


@pytest.mark.feature("W-12")
def test_the_last_administrator_stays_until_another_is_named_for_good(olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    olivia.welcome(vision, ada)
    for answer in (
        olivia.delete(f"{vision}/members/me"),
        olivia.delete(f"{vision}/members/{olivia.account['id']}"),
        change(olivia, vision, olivia, role="viewer"),
        change(olivia, vision, olivia, expires_at=moment(days=1)),
    ):
        refused(answer, 409, "last_admin")
    # One whose membership ends some day is no successor.
    assert change(olivia, vision, ada, role="admin", expires_at=moment(days=1)).status_code == 200
    refused(olivia.delete(f"{vision}/members/me"), 409, "last_admin")
    assert change(olivia, vision, ada, expires_at=None).json()["expires_at"] is None
    assert olivia.delete(f"{vision}/members/me").status_code == 204
    assert ada.get(vision).json()["role"] == "admin"


@pytest.mark.feature("W-12")
def test_two_administrators_that_demote_each_other_at_once_leave_one(olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    olivia.welcome(vision, ada, role="admin")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda who: who[0].delete(f"{vision}/members/{who[1].account['id']}"), [(olivia, ada), (ada, olivia)]))
    assert min(answer.status_code for answer in answers) == 204
    left = [person for person in (olivia, ada) if person.get(vision).status_code == 200]
    assert [person.get(vision).json()["role"] for person in left] == ["admin"]


@pytest.mark.feature("W-13")
def test_members_and_pending_invitations_share_the_limit_and_the_refusal_names_it(small_gatehouse: Installation) -> None:
    olivia, ada, bob = arrived(small_gatehouse, "olivia", "ada", "bob")
    vision = olivia.workspace()
    olivia.welcome(vision, ada)
    pending = invited(olivia, vision, email=bob.email)
    problem = refused(olivia.post(f"{vision}/invitations", {"email": "one-more@example.org"}), 429, "member_limit_reached")
    assert problem["errors"] == {"limit": 3}
    assert invited(olivia, vision, email=bob.email) == pending
    assert olivia.delete(f"{vision}/invitations/{pending['id']}").status_code == 204
    assert accept(bob, invited(olivia, vision, email=bob.email)).status_code == 200
    change(olivia, vision, ada, expires_at=moment(seconds=1))
    eventually(lambda: olivia.get(vision).json()["member_count"] == 2)
    assert invited(olivia, vision, email="one-more@example.org")["status"] == "pending"


@pytest.mark.feature("W-13")
def test_one_free_seat_is_taken_once_however_many_come_at_the_same_moment(small_gatehouse: Installation) -> None:
    olivia, *crowd = arrived(small_gatehouse, "olivia", "ada", *(f"guest{number}" for number in range(12)))
    vision = olivia.workspace()
    olivia.welcome(vision, crowd.pop(0))
    link = opened(olivia, vision, max_uses=50)
    with ThreadPoolExecutor(len(crowd)) as pool:
        answers = list(pool.map(lambda person: accept(person, link), crowd))
    assert sorted(answer.status_code for answer in answers) == [200] + [429] * (len(crowd) - 1)
    assert {answer.json().get("code") for answer in answers} == {None, "member_limit_reached"}
    assert (olivia.get(vision).json()["member_count"], len(members(olivia, vision))) == (3, 3)
    assert olivia.get(f"{vision}/invitations").json()["items"][-1]["uses"] == 1


@pytest.mark.feature("W-14")
def test_seats_are_counted_for_each_workspace_and_never_for_a_person(small_gatehouse: Installation) -> None:
    olivia, ada, bob = arrived(small_gatehouse, "olivia", "ada", "bob")
    full = [olivia.workspace(f"team {number}") for number in range(3)]
    for workspace in full:
        for guest in (ada, bob):
            olivia.welcome(workspace, guest)
    for workspace in full:
        shown = bob.get(workspace).json()
        assert (shown["member_count"], shown["member_limit"]) == (3, 3)
    assert "member_limit" not in bob.get("/v1/account").json()
    assert bob.post("/v1/workspaces", {"name": "one more"}).json()["member_count"] == 1


@pytest.mark.feature("W-15")
def test_who_makes_a_team_with_an_address_of_its_own_is_its_administrator(olivia: Person, ada: Person) -> None:
    slug = f"team-{uuid4().hex[:8]}"
    made = olivia.post("/v1/workspaces", {"name": "Team", "slug": slug})
    assert made.status_code == 201
    assert (made.json()["slug"], made.json()["role"], made.json()["personal"]) == (slug, "admin", False)
    assert made.headers["Location"] == f"/v1/workspaces/{made.json()['id']}"
    refused(ada.post("/v1/workspaces", {"name": "Team", "slug": slug}), 409, "slug_taken")
    assert ada.post("/v1/workspaces", {"name": "Team"}).json()["slug"] != slug


@pytest.mark.feature("W-17")
def test_inviting_is_one_flow_wherever_it_starts(olivia: Person, gatehouse: Installation) -> None:
    vision, ada = olivia.workspace(), Person(gatehouse, "ada")
    answers = [olivia.post(f"{vision}/invitations", {"email": ada.email}) for _ in range(3)]
    assert len({answer.text for answer in answers}) == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert [m["email"] for m in members(olivia, vision, "?status=pending")] == [ada.email]
    assert [i["email"] for i in olivia.get(f"{vision}/invitations").json()["items"]] == [ada.email]
    assert olivia.get(vision).json()["pending_count"] == 1


def test_a_role_and_an_end_are_set_together_and_answered_whole(olivia: Person, ada: Person) -> None:
    vision, until = olivia.workspace(), moment(days=2)
    olivia.welcome(vision, ada)
    changed = change(olivia, vision, ada, role="viewer", expires_at=until).json()
    assert (changed["role"], changed["status"], changed["username"]) == ("viewer", "active", ada.account["username"])
    assert datetime.fromisoformat(changed["expires_at"]) == datetime.fromisoformat(until)
    assert changed == next(m for m in members(olivia, vision) if m["account_id"] == ada.account["id"])
    refused(change(ada, vision, ada, role="admin"), 403, "role_insufficient")
    past = refused(change(olivia, vision, ada, role="editor", expires_at="2020-01-01T00:00:00Z"), 422, "term_ended")
    assert "expires_at" in past["errors"]
    assert ada.get(vision).json()["role"] == "viewer", "all or nothing"
    for wrong in ({}, {"role": None}, {"role": "owner"}, {"expires_at": "soon"}, {"account_id": str(uuid4())}, {"status": "active"}):
        refused(change(olivia, vision, ada, **wrong), 422, "invalid_fields")
    assert change(olivia, vision, ada, expires_at=None).json()["expires_at"] is None


def test_a_membership_ends_by_itself_whatever_this_gateway_remembers(olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    olivia.welcome(vision, ada, role="admin")
    assert change(olivia, vision, ada, expires_at=moment(seconds=1.5)).status_code == 200
    assert ada.post(f"{vision}/check", READ).json()["allowed"] is True
    eventually(lambda: ada.get(vision).status_code == 404)
    refused(ada.post(f"{vision}/check", READ), 404, "workspace_not_found")
    refused(ada.get(f"{vision}/audit"), 404, "workspace_not_found")
    assert olivia.post(f"{vision}/check", READ | {"principal": ada.account["id"]}).json()["allowed"] is False
    assert vision.rpartition("/")[2] not in [w["id"] for w in ada.get("/v1/workspaces").json()["items"]]
    assert [m["account_id"] for m in members(olivia, vision)] == [olivia.account["id"]]
    assert [m["account_id"] for m in members(olivia, vision, "?status=expired")] == [ada.account["id"]]
    refused(change(olivia, vision, ada, expires_at=None), 404, "member_not_found")
    assert [notice["kind"] for notice in notices(ada, "term_set")] == ["term_set"]
    assert accept(ada, invited(olivia, vision, email=ada.email)).json()["role"] == "editor"
    assert ada.get(vision).status_code == 200


def test_a_deleted_workspace_takes_everything_in_it_along_at_once(olivia: Person, ada: Person) -> None:
    vision, bob = olivia.workspace(), Person(olivia.gatehouse, "bob").arrived()
    olivia.welcome(vision, ada)
    pending, link = invited(olivia, vision, email=bob.email), opened(olivia, vision)
    slug = olivia.get(vision).json()["slug"]
    ada.call("PUT", "/v1/sessions/current/workspace", {"workspace_id": vision.rpartition("/")[2]})
    assert ada.post(f"{vision}/check", READ).json()["allowed"] is True
    refused(ada.delete(vision), 403, "role_insufficient")
    assert olivia.delete(vision).status_code == 204
    for person in (olivia, ada):
        refused(person.get(vision), 404, "workspace_not_found")
        refused(person.post(f"{vision}/check", READ), 404, "workspace_not_found")
    for invitation in (pending, link):
        refused(bob.get(f"/v1/invitations/{token(invitation)}"), 409, "invitation_withdrawn")
        refused(accept(bob, invitation), 409, "invitation_withdrawn")
    assert notices(bob, "invitation") == []
    assert ada.get("/v1/sessions/current").json()["workspace"]["id"] == personal(ada)
    assert ada.post("/v1/workspaces", {"name": "next", "slug": slug}).status_code == 201


def _own_audit(person: Person, kind: str) -> list[dict[str, Any]]:
    return [entry for entry in person.get("/v1/account/audit").json()["items"] if entry["type"] == kind]
