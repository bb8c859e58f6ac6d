"""How many a workspace has room for."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.test_bad_input import refused
from tests.e2e.workspaces import accept, arrived, change, invited, members, moment, opened
from tests.kit.installations import Installation, embedded
from tests.kit.people import Person
from tests.servers import eventually


@pytest.fixture(scope="module")
def small_gatehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Where a workspace has room for three."""
    with embedded(tmp_path_factory.mktemp("small"), GATEHOUSE_MEMBER_LIMIT="3") as running:
        assert Person(running, "operator").sign_up(setup_token=running.setup_token).status_code == 201
        yield running


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
