"""What people are told of invitations, removals and roles."""

import pytest

from services.chassis.errors import NotFound
from tests.builders.workspaces import ADA, ADAS_ADDRESS, BOB, BOBS_ADDRESS, NOON, accept, address_ids, invite, join, token, vision
from tests.integration.workspaces.pages import notices


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
