"""Memberships as people use them: roles, ends, removal, leaving, the last administrator."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import uuid4

import pytest

from tests.e2e.lasting import lasting
from tests.e2e.test_bad_input import refused
from tests.e2e.workspaces import READ, accept, change, invited, members, moment, notices, opened
from tests.kit.people import Person
from tests.servers import eventually

olivia, ada = lasting("olivia"), lasting("ada")


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


def test_a_membership_ends_by_itself_whatever_this_gateway_remembers(olivia: Person, newcomer: Person) -> None:
    vision = olivia.workspace()
    olivia.welcome(vision, newcomer, role="admin")
    assert change(olivia, vision, newcomer, expires_at=moment(seconds=1.5)).status_code == 200
    assert newcomer.post(f"{vision}/check", READ).json()["allowed"] is True
    eventually(lambda: newcomer.get(vision).status_code == 404)
    refused(newcomer.post(f"{vision}/check", READ), 404, "workspace_not_found")
    refused(newcomer.get(f"{vision}/audit"), 404, "workspace_not_found")
    assert olivia.post(f"{vision}/check", READ | {"principal": newcomer.account["id"]}).json()["allowed"] is False
    assert vision.rpartition("/")[2] not in [w["id"] for w in newcomer.get("/v1/workspaces").json()["items"]]
    assert [m["account_id"] for m in members(olivia, vision)] == [olivia.account["id"]]
    assert [m["account_id"] for m in members(olivia, vision, "?status=expired")] == [newcomer.account["id"]]
    refused(change(olivia, vision, newcomer, expires_at=None), 404, "member_not_found")
    assert [notice["kind"] for notice in notices(newcomer, "term_set")] == ["term_set"]
    assert accept(newcomer, invited(olivia, vision, email=newcomer.email)).json()["role"] == "editor"
    assert newcomer.get(vision).status_code == 200
