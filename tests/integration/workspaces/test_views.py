"""What the views in PostgreSQL show of workspaces, members and invitations."""

import pytest

from services.chassis.errors import InvalidInput, NotFound
from services.workspaces.domain import Workspace
from tests.builders.workspaces import ADA, ADAS_ADDRESS, BOB, BOBS_ADDRESS, GRACE, NOON, decline, invite, join, later, vision
from tests.integration.workspaces.pages import members


def test_a_workspace_is_listed_to_its_members_as_its_making_answered(app):
    made = app.create_workspace(account_id=GRACE, name="Vision", now=NOON)

    assert app.get_workspace(made["id"], GRACE, NOON) == made
    assert app.list_workspaces(GRACE, NOON, limit=50, cursor=None) == {"items": [made], "next_cursor": None}
    assert app.list_workspaces(ADA, NOON, limit=50, cursor=None)["items"] == []


def test_a_workspace_does_not_exist_for_others(app):
    with pytest.raises(NotFound):
        app.get_workspace(vision(app), ADA, NOON)


def test_pending_invitations_stand_among_the_members_page_by_page(app):
    shared = vision(app)
    join(app, shared)
    invite(app, shared, email=BOBS_ADDRESS, role="viewer")

    first = members(app, shared, limit=2)
    second = members(app, shared, limit=2, cursor=first["next_cursor"])

    shown = [(row["account_id"], row["email"], row["role"], row["status"]) for row in first["items"] + second["items"]]
    assert shown == [
        (GRACE, None, "admin", "active"),
        (ADA, None, "editor", "active"),
        (None, BOBS_ADDRESS, "viewer", "pending"),
    ]
    assert second["next_cursor"] is None
    assert len(members(app, shared, now=later(days=15))["items"]) == 2


@pytest.mark.parametrize("cursor", ["", "x", "WyJ4Il0=", "é"])
def test_a_cursor_from_elsewhere_is_refused(app, cursor):
    with pytest.raises(InvalidInput):
        members(app, vision(app), cursor=cursor)


def test_roles_are_told(app):
    shared = vision(app)

    assert app.role(shared, GRACE, NOON)["role"] == "admin"
    assert app.role(shared, ADA, NOON)["role"] is None


def test_whoever_would_leave_others_without_an_administrator_is_told_where(app):
    alone, led, shared = vision(app), vision(app), vision(app)
    app.create_personal_workspace(GRACE, NOON)
    join(app, led)
    join(app, shared, role="admin")

    assert app.sole_admin_of(GRACE, NOON) == [{"id": led, "name": "Vision"}]
    assert app.sole_admin_of(ADA, NOON) == []

    app.forget_account(GRACE, [], NOON)

    assert app.load(Workspace, alone).deleted
    assert app.create_workspace(account_id=BOB, name="Again", slug="vision", now=NOON)["slug"] == "vision"


def test_an_administrator_whose_membership_ends_some_day_leaves_the_other_the_only_one(app):
    shared = vision(app)
    join(app, shared, role="admin")
    assert app.sole_admin_of(GRACE, NOON) == []

    app.change_member(workspace_id=shared, account_id=ADA, expires_at=later(days=1), now=NOON)

    assert [row["id"] for row in app.sole_admin_of(GRACE, NOON)] == [shared]
    assert app.sole_admin_of(ADA, NOON) == []


def test_an_account_finds_its_personal_workspace(app):
    assert app.personal_workspace(ADA) is None

    id = app.create_personal_workspace(ADA, NOON)

    assert app.personal_workspace(ADA) == id


def test_what_a_membership_allows_ends_with_it_in_every_view(app):
    shared = vision(app)
    join(app, shared)
    app.change_member(workspace_id=shared, account_id=ADA, expires_at=later(days=1), now=NOON)
    before, after = later(hours=23), later(days=1)

    assert app.role(shared, ADA, before) == {"role": "editor", "expires_at": later(days=1)}
    assert app.get_workspace(shared, ADA, before)["member_count"] == 2
    assert app.role(shared, ADA, after) == {"role": None, "expires_at": None}
    assert app.list_workspaces(ADA, after, limit=50, cursor=None)["items"] == []
    assert app.get_workspace(shared, GRACE, after)["member_count"] == 1
    assert [row["status"] for row in members(app, shared, now=after)["items"]] == ["active"]
    assert [row["account_id"] for row in members(app, shared, now=after, status="expired")["items"]] == [ADA]


def test_invitations_are_listed_with_their_status_and_their_link_while_it_opens_something(app):
    shared = vision(app)
    pending, declined = invite(app, shared), invite(app, shared, email=BOBS_ADDRESS)
    decline(app, declined, BOB, BOBS_ADDRESS)

    listed = app.list_invitations(shared, now=NOON, limit=50, cursor=None)["items"]
    expired = app.list_invitations(shared, now=later(days=14), limit=50, cursor=None)["items"]

    assert [(row["email"], row["status"], row["link"]) for row in listed] == [
        (ADAS_ADDRESS, "pending", pending["link"]),
        (BOBS_ADDRESS, "declined", None),
    ]
    assert {row["invited_by"] for row in listed} == {GRACE}
    assert [(row["status"], row["link"]) for row in expired] == [("expired", None), ("declined", None)]


def test_whoever_wrote_reads_it_at_once(app):
    shared = vision(app)
    for number in range(100):
        email = f"member{number}@example.org"
        invite(app, shared, email=email)
        assert app.list_invitations(shared, now=NOON, limit=200, cursor=None)["items"][-1]["email"] == email
