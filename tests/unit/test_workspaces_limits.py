"""How many members a workspace may have."""

from dataclasses import replace

import pytest

from services.chassis.errors import LimitExceeded
from services.workspaces.domain import Workspace
from tests.builders.workspaces import (
    ADA,
    ADAS_ADDRESS,
    BOB,
    BOBS_ADDRESS,
    NOON,
    accept,
    decline,
    invite,
    join,
    later,
    log,
    topics,
    vision,
    workspaces,
)


def refused(app, command, *args, **payload):
    before = len(log(app))
    with pytest.raises(LimitExceeded) as refusal:
        command(*args, **payload)
    assert (refusal.value.code, refusal.value.fields) == ("member_limit_reached", {"limit": app.settings.member_limit})
    assert topics(app, before) == []


def test_without_a_limit_no_seats_are_counted():
    app = workspaces()

    invite(app, vision(app))

    assert "workspaces.seat.held" not in topics(app)


def test_pending_invitations_count_as_members():
    app = workspaces(member_limit=2)
    shared = vision(app)
    invite(app, shared)

    refused(app, invite, app, shared, email=BOBS_ADDRESS)


def test_the_same_address_needs_one_seat_only():
    app = workspaces(member_limit=2)
    shared = vision(app)

    assert invite(app, shared) == invite(app, shared)


@pytest.mark.parametrize("ending", ["declined", "withdrawn", "expired", "left"])
def test_a_seat_is_free_again_when_nobody_takes_it(ending):
    app, now = workspaces(member_limit=2), later()
    shared = vision(app)
    invitation = invite(app, shared)
    if ending == "declined":
        decline(app, invitation)
    if ending == "withdrawn":
        app.withdraw_invitation(workspace_id=shared, invitation_id=invitation["id"])
    if ending == "expired":
        now = later(days=14)
    if ending == "left":
        accept(app, invitation)
        app.leave_workspace(workspace_id=shared, account_id=ADA)

    accept(app, invite(app, shared, email=BOBS_ADDRESS, now=now), BOB, BOBS_ADDRESS, now=now)

    assert len(app.load(Workspace, shared).members) == 2


def test_accepting_turns_the_seat_that_is_held_into_a_member():
    app = workspaces(member_limit=2)
    shared = vision(app)

    join(app, shared)

    workspace = app.load(Workspace, shared)
    assert (len(workspace.members), workspace.seats) == (2, {})
    refused(app, invite, app, shared, email=BOBS_ADDRESS)


def test_nobody_joins_a_full_workspace_by_an_invitation_that_holds_no_seat():
    app = workspaces()
    shared = vision(app)
    adas, bobs = invite(app, shared), invite(app, shared, email=BOBS_ADDRESS)
    app.settings = replace(app.settings, member_limit=2)
    accept(app, adas, ADA, ADAS_ADDRESS)

    refused(app, accept, app, bobs, BOB, BOBS_ADDRESS)


def test_a_limit_of_the_workspace_counts_instead_of_that_of_the_installation():
    app = workspaces(member_limit=2)
    roomy, strict = vision(app), vision(app)
    app.set_member_limit(workspace_id=roomy, limit=0, now=NOON)
    for number in range(5):
        invite(app, roomy, email=f"member{number}@example.org")
    app.set_member_limit(workspace_id=strict, limit=1, now=NOON)

    with pytest.raises(LimitExceeded) as refusal:
        invite(app, strict)
    assert refusal.value.fields == {"limit": 1, "upgrade": f"/v1/workspaces/{strict}/subscription/changes"}
    invite(app, vision(app))


def test_whoever_is_over_a_new_limit_stays():
    app = workspaces()
    shared = vision(app)
    join(app, shared)

    app.set_member_limit(workspace_id=shared, limit=1, now=NOON)

    assert len(app.load(Workspace, shared).members) == 2
    with pytest.raises(LimitExceeded):
        invite(app, shared, email=BOBS_ADDRESS)
