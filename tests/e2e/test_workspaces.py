"""Workspaces as people use them: making, naming, finding, switching and deleting them."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.lasting import lasting
from tests.e2e.test_bad_input import refused
from tests.e2e.workspaces import READ, accept, change, invited, moment, notices, opened, personal, token
from tests.kit.people import Person
from tests.servers import eventually

olivia, ada = lasting("olivia"), lasting("ada")


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


def _own_audit(person: Person, kind: str) -> list[dict[str, Any]]:
    return [entry for entry in person.get("/v1/account/audit").json()["items"] if entry["type"] == kind]


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


@pytest.mark.feature("W-15")
def test_who_makes_a_team_with_an_address_of_its_own_is_its_administrator(olivia: Person, ada: Person) -> None:
    slug = f"team-{uuid4().hex[:8]}"
    made = olivia.post("/v1/workspaces", {"name": "Team", "slug": slug})
    assert made.status_code == 201
    assert (made.json()["slug"], made.json()["role"], made.json()["personal"]) == (slug, "admin", False)
    assert made.headers["Location"] == f"/v1/workspaces/{made.json()['id']}"
    refused(ada.post("/v1/workspaces", {"name": "Team", "slug": slug}), 409, "slug_taken")
    assert ada.post("/v1/workspaces", {"name": "Team"}).json()["slug"] != slug


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
