"""Invitations as people use them: by address, by open link, and in the application."""

from typing import Any

import pytest

from tests.e2e.lasting import lasting
from tests.e2e.test_bad_input import refused
from tests.e2e.workspaces import accept, arrived, change, invited, members, moment, notices, opened, token
from tests.kit.installations import Installation
from tests.kit.people import Person
from tests.servers import eventually

olivia, ada = lasting("olivia"), lasting("ada")


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


@pytest.mark.feature("W-17")
def test_inviting_is_one_flow_wherever_it_starts(olivia: Person, gatehouse: Installation) -> None:
    vision, ada = olivia.workspace(), Person(gatehouse, "ada")
    answers = [olivia.post(f"{vision}/invitations", {"email": ada.email}) for _ in range(3)]
    assert len({answer.text for answer in answers}) == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert [m["email"] for m in members(olivia, vision, "?status=pending")] == [ada.email]
    assert [i["email"] for i in olivia.get(f"{vision}/invitations").json()["items"]] == [ada.email]
    assert olivia.get(vision).json()["pending_count"] == 1


@pytest.mark.feature("W-08")
def test_the_members_list_shows_an_invitation_as_soon_as_it_is_sent(olivia: Person) -> None:
    vision = olivia.workspace()
    for number in range(20):
        email = f"guest{number}@example.org"
        invited(olivia, vision, email=email)
        assert members(olivia, vision)[-1]["email"] == email


@pytest.mark.feature("W-07")
def test_whoever_has_an_account_is_told_in_the_application_and_answers_there(olivia: Person, newcomer: Person) -> None:
    vision, speech = olivia.workspace("vision"), olivia.workspace("speech")
    for workspace in (vision, speech):
        invited(olivia, workspace, email=newcomer.email)
    waiting = {notice["workspace_name"]: notice for notice in notices(newcomer, "invitation")}
    assert newcomer.post(f"/v1/invitations/{waiting['vision']['token']}/accept").status_code == 200
    for _ in range(2):
        assert newcomer.post(f"/v1/invitations/{waiting['speech']['token']}/decline").status_code == 204
    assert [notice["token"] for notice in notices(newcomer, "invitation")] == [None, None]
    assert (newcomer.get(vision).status_code, newcomer.get(speech).status_code) == (200, 404)
    assert [i["status"] for i in olivia.get(f"{speech}/invitations").json()["items"]] == ["declined"]
    refused(newcomer.post(f"/v1/invitations/{waiting['speech']['token']}/accept"), 409, "invitation_declined")

    change(olivia, vision, newcomer, role="viewer")
    olivia.delete(f"{vision}/members/{newcomer.account['id']}")
    told = [(n["kind"], n["role"]) for n in newcomer.get("/v1/account/notices").json()["items"]][:2]
    assert told == [("removed", None), ("role_changed", "viewer")]
    assert newcomer.call("PUT", f"/v1/account/notices/{notices(newcomer, 'removed')[0]['id']}/read").status_code == 204
    assert notices(newcomer, "removed")[0]["read_at"] is not None


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
