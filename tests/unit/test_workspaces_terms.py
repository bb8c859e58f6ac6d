"""Memberships that end by themselves."""

import pytest
from eventsourcing.domain import Snapshot

from services.chassis.errors import Conflict, LimitExceeded, NotFound, ServiceError, Unprocessable
from services.workspaces.domain import Workspace
from tests.builders.workspaces import (
    ADA,
    ADAS_ADDRESS,
    BOB,
    BOBS_ADDRESS,
    GRACE,
    NOBODY,
    NOON,
    accept,
    enter,
    invite,
    join,
    later,
    log,
    open_link,
    topics,
    vision,
    workspaces,
)


@pytest.fixture
def app():
    return workspaces()


@pytest.fixture
def shared(app):
    """Grace is its administrator; Ada is an editor until tomorrow."""
    id = vision(app)
    join(app, id)
    end_tomorrow(app, id, ADA)
    return id


def end_tomorrow(app, workspace_id, account_id, now=NOON):
    app.change_member(workspace_id=workspace_id, account_id=account_id, expires_at=later(days=1), now=now)


def refused(app, kind, code, command, *args, **payload):
    before = len(log(app))
    with pytest.raises(kind) as refusal:
        command(*args, **payload)
    assert refusal.value.code == code
    assert topics(app, before) == []


def test_a_membership_ends_at_its_end_without_an_event(app, shared):
    workspace, before = app.load(Workspace, shared), len(log(app))

    assert workspace.role_of(ADA, later(hours=23)) == "editor"
    assert workspace.role_of(ADA, later(days=1)) is None
    assert (workspace.member_count(NOON), workspace.member_count(later(days=1))) == (2, 1)
    assert topics(app, before) == []


def test_the_end_one_has_already_changes_nothing(app, shared):
    before = len(log(app))
    end_tomorrow(app, shared, ADA)
    assert topics(app, before) == []


def test_an_end_can_be_taken_back_while_the_membership_lasts(app, shared):
    app.change_member(workspace_id=shared, account_id=ADA, expires_at=None, now=NOON)
    assert app.load(Workspace, shared).role_of(ADA, later(days=1000)) == "editor"


@pytest.mark.parametrize("change", [{"expires_at": None}, {"role": "viewer"}, {"expires_at": later(days=9)}], ids=str)
def test_a_membership_that_has_ended_is_past_changing(app, shared, change):
    refused(app, NotFound, "member_not_found", app.change_member, workspace_id=shared, account_id=ADA, now=later(days=1), **change)


@pytest.mark.parametrize("end", [NOON, later(days=-1)], ids=str)
def test_an_end_lies_ahead(app, shared, end):
    refused(app, Unprocessable, "term_ended", app.change_member, workspace_id=shared, account_id=ADA, expires_at=end, now=NOON)


def test_nobody_else_gets_an_end(app, shared):
    refused(app, NotFound, "member_not_found", end_tomorrow, app, shared, NOBODY)


def test_the_last_lasting_administrator_lasts(app, shared):
    refused(app, Conflict, "last_admin", end_tomorrow, app, shared, GRACE)
    app.change_member(workspace_id=shared, account_id=ADA, role="admin", now=NOON)
    refused(app, Conflict, "last_admin", end_tomorrow, app, shared, GRACE)
    refused(app, Conflict, "last_admin", app.leave_workspace, workspace_id=shared, account_id=GRACE)

    app.change_member(workspace_id=shared, account_id=ADA, expires_at=None, now=NOON)
    end_tomorrow(app, shared, GRACE)

    assert app.load(Workspace, shared).role_of(GRACE, later(days=1)) is None


def test_the_owner_of_a_personal_workspace_lasts(app):
    mine = app.create_personal_workspace(ADA, NOON)
    refused(app, Conflict, "personal_workspace", end_tomorrow, app, mine, ADA)


def test_a_role_and_an_end_are_set_together_or_not_at_all(app, shared):
    payload = {"workspace_id": shared, "account_id": ADA, "role": "viewer", "expires_at": later(days=-1)}
    refused(app, ServiceError, "term_ended", app.change_member, **payload, now=NOON)


def test_a_new_invitation_brings_back_for_good(app, shared):
    now = later(days=2)

    accept(app, invite(app, shared, now=now), now=now)

    assert app.load(Workspace, shared).role_of(ADA, later(days=1000)) == "editor"


def test_a_link_from_before_the_end_was_set_does_not_prolong_it(app):
    shared = vision(app)
    old, invitation = open_link(app, shared), invite(app, shared, email="other@example.org")
    join(app, shared)
    end_tomorrow(app, shared, ADA)

    refused(app, Conflict, "invitation_withdrawn", enter, app, old, ADA, now=later(days=2))
    refused(app, Conflict, "invitation_withdrawn", accept, app, invitation, ADA, "other@example.org", now=later(days=2))


def test_a_membership_that_has_ended_needs_no_seat(app, shared):
    app.set_member_limit(workspace_id=shared, limit=2, now=NOON)
    refused(app, LimitExceeded, "member_limit_reached", invite, app, shared, email=BOBS_ADDRESS)

    now = later(days=1)
    accept(app, invite(app, shared, email=BOBS_ADDRESS, now=now), BOB, BOBS_ADDRESS, now=now)

    refused(app, LimitExceeded, "member_limit_reached", invite, app, shared, email=ADAS_ADDRESS, now=now)


def test_a_membership_that_has_ended_can_be_removed(app, shared):
    app.remove_member(workspace_id=shared, account_id=ADA)
    assert topics(app)[-1] == "workspaces.member.removed"


def test_an_end_survives_in_a_snapshot_and_older_snapshots_have_none(app, shared):
    for name in ["Seeing", "Vision"] * 40:
        app.change_workspace(workspace_id=shared, name=name, now=NOON)
    assert app.load(Workspace, shared).role_of(ADA, later(days=1)) is None

    (snapshot,) = list(app.snapshots.get(shared))[-1:]
    state = {name: value for name, value in snapshot.state.items() if name not in ("class_version", "terms", "limit")}
    old = Snapshot(
        originator_id=shared, originator_version=snapshot.originator_version, timestamp=NOON, topic=snapshot.topic, state=state
    ).mutate(None)
    assert (old.terms, old.limit) == ({}, None)
