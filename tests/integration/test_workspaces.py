"""Views of workspaces in PostgreSQL, and what happens to them when an account is erased."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from services.chassis import schema, usecase
from services.chassis.errors import InvalidInput, NotFound, ServiceError
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from services.workspaces.application import Workspaces
from services.workspaces.domain import Invitation, Workspace
from services.workspaces.projections import OWN
from services.workspaces.service import SPEC
from tests.builders.workspaces import (
    ADA,
    ADAS_ADDRESS,
    BOB,
    BOBS_ADDRESS,
    GRACE,
    NOBODY,
    NOON,
    accept,
    address_ids,
    decline,
    enter,
    invite,
    join,
    later,
    open_link,
    token,
    vision,
)


@pytest.fixture
def app(settings: Settings):
    """Over an empty schema."""
    app = Workspaces.connect(settings)
    with app.db.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS workspaces CASCADE")
    schema.create(app.db, SPEC.tables)
    yield app
    app.close()


def members(app, workspace_id, **page):
    return app.list_members(workspace_id, now=page.pop("now", NOON), limit=page.pop("limit", 50), cursor=page.pop("cursor", None), **page)


def notices(app, account_id=ADA, email=ADAS_ADDRESS, now=NOON):
    return app.list_notices(account_id, address_ids(app, email), now=now, limit=50, cursor=None)["items"]


def rows(app):
    """Everything in the views."""
    return {table.name: app.db.all(f"SELECT * FROM {table.name} ORDER BY {', '.join(table.key)}") for table in SPEC.tables}


def everything_stored(app) -> str:
    tables = app.db.all("SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()")
    texts = [str(app.db.all(f"SELECT t::text AS text FROM {table['name']} t")) for table in tables]
    return "".join(texts) + str(app.db.all("SELECT convert_from(state, 'UTF8') FROM stored_events"))


def played(app) -> UUID:
    """A bit of everything."""
    shared = vision(app)
    join(app, shared)
    join(app, shared, BOB, BOBS_ADDRESS)
    app.change_member(workspace_id=shared, account_id=BOB, role="viewer", now=NOON)
    app.remove_member(workspace_id=shared, account_id=ADA)
    invite(app, shared)
    decline(app, invite(app, shared, email="carl@example.org"), NOBODY, "carl@example.org")
    app.withdraw_invitation(workspace_id=shared, invitation_id=invite(app, shared, email="dora@example.org")["id"])
    app.change_workspace(workspace_id=shared, name="Seeing", now=NOON)
    app.set_member_limit(workspace_id=shared, limit=9)
    app.change_workspace(workspace_id=shared, slug="seeing", now=NOON)
    app.change_member(workspace_id=shared, account_id=BOB, expires_at=later(days=3), now=NOON)
    enter(app, open_link(app, shared), NOBODY)
    app.withdraw_invitation(workspace_id=shared, invitation_id=open_link(app, shared)["id"])
    app.create_personal_workspace(ADA, NOON)
    app.delete_workspace(workspace_id=vision(app, owner=BOB))
    app.remind(ADA, "credential_expiring", BOB, None, later(days=3))
    app.read_notice(notices(app)[0]["id"], ADA, address_ids(app, ADAS_ADDRESS))
    return shared


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


def test_an_account_finds_its_personal_workspace(app):
    assert app.personal_workspace(ADA) is None

    id = app.create_personal_workspace(ADA, NOON)

    assert app.personal_workspace(ADA) == id


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


def test_an_invitation_is_noticed_by_whoever_has_the_address_until_it_is_answered(app):
    shared = vision(app)
    invitation = invite(app, shared)

    (notice,) = notices(app)
    assert (notice["kind"], notice["workspace_name"], notice["role"], notice["token"]) == (
        "invitation",
        "Vision",
        "editor",
        token(invitation),
    )
    assert notices(app, BOB, BOBS_ADDRESS) == []

    accept(app, invitation)
    assert [notice["token"] for notice in notices(app)] == [None]


def test_a_removal_and_a_new_role_are_noticed(app):
    shared = vision(app)
    join(app, shared)
    app.change_member(workspace_id=shared, account_id=ADA, role="viewer", now=NOON)
    app.remove_member(workspace_id=shared, account_id=ADA)

    assert [(notice["kind"], notice["role"]) for notice in notices(app)] == [
        ("removed", None),
        ("role_changed", "viewer"),
        ("invitation", "editor"),
    ]


def test_a_notice_is_read_once_and_by_its_owner_only(app):
    invite(app, vision(app))
    (notice,) = notices(app)
    with pytest.raises(NotFound):
        app.read_notice(notice["id"], BOB, address_ids(app, BOBS_ADDRESS))
    assert notices(app)[0]["read_at"] is None

    app.read_notice(notice["id"], ADA, address_ids(app, ADAS_ADDRESS))
    read_at = notices(app)[0]["read_at"]
    app.read_notice(notice["id"], ADA, address_ids(app, ADAS_ADDRESS))

    assert read_at is not None
    assert notices(app)[0]["read_at"] == read_at


def test_whoever_wrote_reads_it_at_once(app):
    shared = vision(app)
    for number in range(100):
        email = f"member{number}@example.org"
        invite(app, shared, email=email)
        assert app.list_invitations(shared, now=NOON, limit=200, cursor=None)["items"][-1]["email"] == email


def in_parallel(app, functions):
    """As RPC runs them, all at once; what each answered, or its refusal's code."""

    def call(function):
        try:
            return usecase.run("workspaces", "call", app, {}, lambda payload: {"answer": function()})["data"]["answer"]
        except ServiceError as refusal:
            return refusal.code

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(call, functions))


def test_many_that_invite_one_address_at_once_make_one_invitation(app):
    shared = vision(app)

    answers = in_parallel(app, [lambda: invite(app, shared)] * 16)

    assert all(answer == answers[0] for answer in answers)
    assert len(app.list_invitations(shared, now=NOON, limit=50, cursor=None)["items"]) == 1


def test_many_that_accept_at_once_all_join_or_are_told_that_it_is_full(app):
    shared = vision(app)
    emails = [f"member{number}@example.org" for number in range(8)]
    invitations = [invite(app, shared, email=email) for email in emails]
    app.settings = replace(app.settings, member_limit=5)

    answers = in_parallel(
        app,
        [
            lambda invitation=invitation, email=email: accept(app, invitation, uuid4(), email)["role"]
            for invitation, email in zip(invitations, emails, strict=True)
        ],
    )

    assert sorted(answers) == ["editor"] * 4 + ["member_limit_reached"] * 4
    assert len(members(app, shared, now=later(days=15))["items"]) == 5


@pytest.mark.feature("W-13")
def test_one_free_seat_is_taken_once_by_fifty_that_accept_at_once(app):
    shared = vision(app)
    emails = [f"member{number}@example.org" for number in range(50)]
    # Sent while there was no limit, so each of them waits for an answer.
    invitations = [invite(app, shared, email=email) for email in emails]
    app.set_member_limit(workspace_id=shared, limit=2)

    answers = in_parallel(
        app,
        [
            lambda invitation=invitation, email=email: accept(app, invitation, uuid4(), email)["role"]
            for invitation, email in zip(invitations, emails, strict=True)
        ],
    )

    assert sorted(answers) == ["editor"] + ["member_limit_reached"] * 49
    assert len(members(app, shared, status="active")["items"]) == 2


@pytest.mark.feature("W-06")
def test_a_link_for_one_lets_in_one_of_fifty_that_open_it_at_once(app):
    shared = vision(app)
    link = open_link(app, shared, max_uses=1)

    answers = in_parallel(app, [lambda: enter(app, link, uuid4())["role"]] * 50)

    assert sorted(answers) == ["editor"] + ["invitation_used_up"] * 49
    assert len(members(app, shared)["items"]) == 2


def test_fifty_invited_at_once_beyond_the_limit_hold_as_many_seats_as_there_are(app):
    shared = vision(app)
    app.set_member_limit(workspace_id=shared, limit=2)

    answers = in_parallel(
        app, [lambda number=number: invite(app, shared, email=f"member{number}@example.org")["status"] for number in range(50)]
    )

    assert sorted(answers) == ["member_limit_reached"] * 49 + ["pending"]


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


def test_an_administrator_whose_membership_ends_some_day_leaves_the_other_the_only_one(app):
    shared = vision(app)
    join(app, shared, role="admin")
    assert app.sole_admin_of(GRACE, NOON) == []

    app.change_member(workspace_id=shared, account_id=ADA, expires_at=later(days=1), now=NOON)

    assert [row["id"] for row in app.sole_admin_of(GRACE, NOON)] == [shared]
    assert app.sole_admin_of(ADA, NOON) == []


def test_two_that_want_one_slug_at_once_do_not_both_get_it(app):
    answers = in_parallel(app, [lambda: app.create_workspace(account_id=GRACE, name="Eye", slug="eye", now=NOON)["slug"]] * 8)

    assert sorted(answers) == ["eye"] + ["slug_taken"] * 7


@pytest.mark.parametrize("projection", OWN, ids=lambda projection: projection.name)
def test_a_rebuilt_view_equals_the_live_one_row_for_row(app, projection):
    played(app)
    live = rows(app)
    assert all(live.values())

    Rebuild(app, projection, None).run()

    assert rows(app) == live


def test_an_erased_account_is_in_no_workspace_and_its_address_nowhere(app):
    shared = played(app)
    mine = app.personal_workspace(ADA)
    join(app, shared)
    waiting = invite(app, vision(app, owner=BOB))
    assert ADAS_ADDRESS in everything_stored(app)

    app.forget_account(ADA, address_ids(app, ADAS_ADDRESS), NOON)

    assert app.role(shared, ADA, NOON)["role"] is None
    assert app.load(Workspace, mine).deleted
    assert app.load(Invitation, waiting["id"]).status(NOON) == "withdrawn"
    assert ADAS_ADDRESS not in everything_stored(app)
    assert BOBS_ADDRESS in everything_stored(app)


def test_an_address_invited_to_a_workspace_since_deleted_is_forgotten_too(app):
    shared = vision(app)
    invitation = invite(app, shared)
    app.delete_workspace(workspace_id=shared)

    app.forget_account(ADA, address_ids(app, ADAS_ADDRESS), NOON)

    assert app.load(Invitation, invitation["id"]).email.value is None
    assert ADAS_ADDRESS not in everything_stored(app)


def test_forgetting_an_account_twice_changes_nothing(app):
    played(app)
    app.forget_account(ADA, address_ids(app, ADAS_ADDRESS), NOON)
    before = app.recorder.max_notification_id()

    app.forget_account(ADA, address_ids(app, ADAS_ADDRESS), NOON)

    assert app.recorder.max_notification_id() == before


@pytest.mark.parametrize("projection", OWN, ids=lambda projection: projection.name)
def test_views_are_rebuilt_the_same_after_an_erasure(app, projection):
    played(app)
    app.forget_account(ADA, address_ids(app, ADAS_ADDRESS), NOON)
    live = rows(app)

    Rebuild(app, projection, None).run()

    assert rows(app) == live


def test_a_person_who_comes_back_after_an_erasure_is_invited_like_anybody(app):
    shared = played(app)
    app.forget_account(ADA, address_ids(app, ADAS_ADDRESS), NOON)

    invitation = invite(app, shared)

    assert app.load(Invitation, invitation["id"]).email.value == ADAS_ADDRESS
    assert accept(app, invitation, NOBODY)["role"] == "editor"
