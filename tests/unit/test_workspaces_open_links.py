"""Links that let in whoever has them."""

import pytest

from services.chassis.errors import Conflict, LimitExceeded, NotFound, Unprocessable
from services.workspaces.domain import Workspace
from tests.builders.workspaces import (
    ADA,
    BOB,
    NOBODY,
    NOON,
    decline,
    enter,
    invite,
    later,
    log,
    open_link,
    token,
    topics,
    vision,
    workspaces,
)


@pytest.fixture
def app():
    return workspaces(open_link_days=30, open_link_uses=20)


@pytest.fixture
def shared(app):
    return vision(app)


def refused(app, kind, code, command, *args, **payload):
    before = len(log(app))
    with pytest.raises(kind) as refusal:
        command(*args, **payload)
    assert refusal.value.code == code
    assert topics(app, before) == []
    return refusal.value


def test_a_link_lets_in_anybody_in_the_role_it_says(app, shared):
    link, before = open_link(app, shared, role="viewer"), len(log(app))

    assert enter(app, link)["role"] == "viewer"

    assert topics(app, before) == ["workspaces.open_link.used", "workspaces.member.joined"]
    assert (link["status"], link["max_uses"], link["expires_at"]) == ("pending", 10, later(days=14))


def test_a_member_uses_nothing_up(app, shared):
    link = open_link(app, shared, max_uses=2)
    enter(app, link)
    before = len(log(app))

    assert enter(app, link)["role"] == "editor"

    assert topics(app, before) == []


def test_a_link_lets_in_as_many_as_it_says(app, shared):
    link = open_link(app, shared, max_uses=1)
    enter(app, link)

    refused(app, Conflict, "invitation_used_up", enter, app, link, BOB)


def test_a_link_opens_nothing_after_its_end(app, shared):
    link = open_link(app, shared, expires_at=later(days=1))

    refused(app, Conflict, "invitation_expired", enter, app, link, now=later(days=1))
    assert app.get_invitation(token=token(link), now=later(days=1))["status"] == "expired"


def test_a_link_opens_nothing_once_withdrawn_and_a_repeat_changes_nothing(app, shared):
    link = open_link(app, shared)
    app.withdraw_invitation(workspace_id=shared, invitation_id=link["id"])
    before = len(log(app))

    app.withdraw_invitation(workspace_id=shared, invitation_id=link["id"])

    assert topics(app, before) == []
    refused(app, Conflict, "invitation_withdrawn", enter, app, link)


def test_a_link_is_withdrawn_in_its_own_workspace_only(app, shared):
    link = open_link(app, shared)
    refused(app, NotFound, "invitation_not_found", app.withdraw_invitation, workspace_id=vision(app), invitation_id=link["id"])


@pytest.mark.parametrize("ending", ["leave_workspace", "remove_member"])
def test_whoever_has_gone_does_not_come_back_with_an_older_link(app, shared, ending):
    link = open_link(app, shared)
    enter(app, link)
    getattr(app, ending)(workspace_id=shared, account_id=ADA)

    refused(app, Conflict, "invitation_withdrawn", enter, app, link)
    assert enter(app, open_link(app, shared))["role"] == "editor"


def test_a_link_holds_no_seat_and_finds_none_in_a_full_workspace(app, shared):
    app.set_member_limit(workspace_id=shared, limit=2, now=NOON)
    link = open_link(app, shared)
    invite(app, shared, email="bob@example.org")
    enter(app, link)

    refused(app, LimitExceeded, "member_limit_reached", enter, app, link, BOB)


def test_a_link_of_a_deleted_workspace_is_dead(app, shared):
    link = open_link(app, shared)
    app.delete_workspace(workspace_id=shared)

    refused(app, Conflict, "invitation_withdrawn", enter, app, link)


def test_nobody_declines_what_is_meant_for_nobody(app, shared):
    refused(app, Conflict, "invitation_open", decline, app, open_link(app, shared))


def test_no_link_is_made_into_a_workspace_that_does_not_exist(app):
    refused(app, NotFound, "workspace_not_found", open_link, app, NOBODY)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"max_uses": 21}, "max_uses"),
        ({"expires_at": NOON}, "expires_at"),
        ({"expires_at": later(days=31)}, "expires_at"),
    ],
    ids=str,
)
def test_a_link_keeps_to_the_bounds_of_the_installation(app, shared, terms, field):
    assert refused(app, Unprocessable, "invalid_fields", open_link, app, shared, **terms).fields.keys() == {field}


def test_a_token_of_one_kind_does_not_pass_for_the_other(app, shared):
    link, invitation = open_link(app, shared), invite(app, shared)
    assert token(link) != token(invitation)
    assert app.load(Workspace, shared).member_count(NOON) == 1
