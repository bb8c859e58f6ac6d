"""Views made anew equal the live ones, also after an account is erased, and nothing of that account is left."""

from uuid import UUID

import pytest

from services.chassis.rebuild import Rebuild
from services.workspaces.domain import Invitation, Workspace
from services.workspaces.projections import OWN
from services.workspaces.service import SPEC
from tests.builders.workspaces import (
    ADA,
    ADAS_ADDRESS,
    BOB,
    BOBS_ADDRESS,
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
    vision,
)
from tests.integration.workspaces.pages import notices


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
    app.set_member_limit(workspace_id=shared, limit=9, now=NOON)
    app.change_workspace(workspace_id=shared, slug="seeing", now=NOON)
    app.change_member(workspace_id=shared, account_id=BOB, expires_at=later(days=3), now=NOON)
    enter(app, open_link(app, shared), NOBODY)
    app.withdraw_invitation(workspace_id=shared, invitation_id=open_link(app, shared)["id"])
    app.create_personal_workspace(ADA, NOON)
    app.delete_workspace(workspace_id=vision(app, owner=BOB))
    app.remind(ADA, "credential_expiring", BOB, None, later(days=3))
    app.read_notice(notices(app)[0]["id"], ADA, address_ids(app, ADAS_ADDRESS))
    return shared


@pytest.mark.parametrize("projection", OWN, ids=lambda projection: projection.name)
def test_a_rebuilt_view_equals_the_live_one_row_for_row(app, projection):
    played(app)
    live = rows(app)
    assert all(live.values())

    Rebuild(app, projection, None).run()

    assert rows(app) == live


@pytest.mark.parametrize("projection", OWN, ids=lambda projection: projection.name)
def test_views_are_rebuilt_the_same_after_an_erasure(app, projection):
    played(app)
    app.forget_account(ADA, address_ids(app, ADAS_ADDRESS), NOON)
    live = rows(app)

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


def test_a_person_who_comes_back_after_an_erasure_is_invited_like_anybody(app):
    shared = played(app)
    app.forget_account(ADA, address_ids(app, ADAS_ADDRESS), NOON)

    invitation = invite(app, shared)

    assert app.load(Invitation, invitation["id"]).email.value == ADAS_ADDRESS
    assert accept(app, invitation, NOBODY)["role"] == "editor"
