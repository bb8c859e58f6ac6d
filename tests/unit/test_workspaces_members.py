"""Roles, removal, leaving."""

import pytest
from eventsourcing.persistence import IntegrityError

from services.chassis.errors import Conflict, NotFound
from services.workspaces.domain import Workspace
from tests.builders.workspaces import ADA, ADAS_ADDRESS, BOB, BOBS_ADDRESS, GRACE, NOBODY, NOON, join, log, topics, vision, workspaces


@pytest.fixture
def app():
    return workspaces()


@pytest.fixture
def shared(app):
    """Grace is its administrator, Ada an editor."""
    id = vision(app)
    join(app, id)
    return id


def refused(app, code, command, **payload):
    before = len(log(app))
    with pytest.raises((Conflict, NotFound)) as refusal:
        command(**payload)
    assert refusal.value.code == code
    assert topics(app, before) == []


def test_a_member_gets_another_role(app, shared):
    app.change_member(workspace_id=shared, account_id=ADA, role="viewer", now=NOON)

    assert topics(app)[-1] == "workspaces.member.role_changed"
    assert app.load(Workspace, shared).role_of(ADA, NOON) == "viewer"


def test_the_role_one_has_already_changes_nothing(app, shared):
    before = len(log(app))

    app.change_member(workspace_id=shared, account_id=ADA, role="editor", now=NOON)

    assert topics(app, before) == []


def test_somebody_who_is_no_member_gets_no_role(app, shared):
    refused(app, "member_not_found", app.change_member, workspace_id=shared, account_id=NOBODY, role="viewer", now=NOON)


def test_the_last_administrator_stays_one(app, shared):
    refused(app, "last_admin", app.change_member, workspace_id=shared, account_id=GRACE, role="editor", now=NOON)
    refused(app, "last_admin", app.leave_workspace, workspace_id=shared, account_id=GRACE)
    refused(app, "last_admin", app.remove_member, workspace_id=shared, account_id=GRACE)


def test_an_administrator_may_go_once_there_is_another(app, shared):
    app.change_member(workspace_id=shared, account_id=ADA, role="admin", now=NOON)

    app.leave_workspace(workspace_id=shared, account_id=GRACE)

    assert app.load(Workspace, shared).members == {str(ADA): "admin"}


def test_a_removed_member_is_gone(app, shared):
    app.remove_member(workspace_id=shared, account_id=ADA)

    assert topics(app)[-1] == "workspaces.member.removed"
    assert app.load(Workspace, shared).role_of(ADA, NOON) is None


def test_whoever_leaves_is_gone(app, shared):
    app.leave_workspace(workspace_id=shared, account_id=ADA)

    assert topics(app)[-1] == "workspaces.member.left"
    assert app.load(Workspace, shared).role_of(ADA, NOON) is None


@pytest.mark.parametrize("again", ["remove_member", "leave_workspace"])
def test_going_twice_changes_nothing(app, shared, again):
    app.remove_member(workspace_id=shared, account_id=ADA)
    before = len(log(app))

    getattr(app, again)(workspace_id=shared, account_id=ADA)

    assert topics(app, before) == []


@pytest.mark.parametrize("command", ["remove_member", "leave_workspace"])
def test_somebody_who_never_was_a_member_cannot_go(app, shared, command):
    refused(app, "member_not_found", getattr(app, command), workspace_id=shared, account_id=NOBODY)


def test_nobody_goes_from_a_workspace_that_does_not_exist(app):
    refused(app, "workspace_not_found", app.remove_member, workspace_id=NOBODY, account_id=ADA)


def test_the_owner_of_a_personal_workspace_stays_its_administrator(app):
    mine = app.create_personal_workspace(ADA, NOON)
    join(app, mine, BOB, BOBS_ADDRESS, role="admin")

    refused(app, "personal_workspace", app.leave_workspace, workspace_id=mine, account_id=ADA)
    refused(app, "personal_workspace", app.remove_member, workspace_id=mine, account_id=ADA)
    refused(app, "personal_workspace", app.change_member, workspace_id=mine, account_id=ADA, role="viewer", now=NOON)


def test_a_guest_leaves_a_personal_workspace(app):
    mine = app.create_personal_workspace(ADA, NOON)
    join(app, mine, BOB, BOBS_ADDRESS)

    app.leave_workspace(workspace_id=mine, account_id=BOB)

    assert app.load(Workspace, mine).members == {str(ADA): "admin"}


def test_two_administrators_that_leave_at_the_same_moment_do_not_both_go(app, shared):
    app.change_member(workspace_id=shared, account_id=ADA, role="admin", now=NOON)
    first, second = app.load(Workspace, shared), app.load(Workspace, shared)
    first.leave(GRACE)
    second.leave(ADA)
    app.save(first)

    with pytest.raises(IntegrityError):
        app.save(second)


def test_a_long_history_reads_the_same_from_its_snapshot(app, shared):
    for role in ["viewer", "editor"] * 40:
        app.change_member(workspace_id=shared, account_id=ADA, role=role, now=NOON)
    join(app, shared, BOB, BOBS_ADDRESS)

    assert app.snapshots is not None
    assert list(app.snapshots.get(shared))
    assert app.load(Workspace, shared).members == {str(GRACE): "admin", str(ADA): "editor", str(BOB): "editor"}
    assert app.load(Workspace, shared).version == 84


def test_an_erased_account_goes_even_as_the_last_administrator(app, shared):
    workspace = app.load(Workspace, shared)

    workspace.bereave(GRACE, NOON)
    workspace.bereave(GRACE, NOON)
    app.save(workspace)

    assert topics(app)[-2:] == ["workspaces.member.left", "workspaces.member.role_changed"]
    assert app.load(Workspace, shared).members == {str(ADA): "admin"}


def test_a_personal_workspace_goes_with_its_account(app):
    workspace = app.load(Workspace, app.create_personal_workspace(ADA, NOON))

    workspace.bereave(ADA, NOON)

    assert workspace.deleted


def test_an_address_is_no_part_of_what_members_say(app, shared):
    assert ADAS_ADDRESS not in str([vars(event) for event in log(app) if event.TOPIC.startswith("workspaces.member.joined")])
