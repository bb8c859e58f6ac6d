"""An erased account takes its last administrator from a workspace only on paper: somebody is one right after."""

from uuid import UUID

import pytest

from services.workspaces.application import Workspaces
from services.workspaces.domain import Workspace
from tests.builders.workspaces import ADA, ADAS_ADDRESS, BOB, BOBS_ADDRESS, GRACE, NOON, join, later, topics, vision, workspaces

CLEO = UUID("00000000-0000-4000-8000-000000000002")


@pytest.fixture
def app() -> Workspaces:
    return workspaces()


@pytest.fixture
def shared(app: Workspaces) -> UUID:
    return vision(app)


def bereaved(app: Workspaces, workspace_id: UUID, account_id: UUID = GRACE) -> dict[str, str]:
    workspace = app.load(Workspace, workspace_id)
    workspace.bereave(account_id, NOON)
    app.save(workspace)
    return {account: role for account, role in app.load(Workspace, workspace_id).members.items() if role == "admin"}


@pytest.mark.feature("W-12", "I-16")
def test_when_the_other_administrator_went_meanwhile_a_member_takes_over(app: Workspaces, shared: UUID) -> None:
    """Grace was told that Bob stays; he left before her account was gone."""
    join(app, shared, ADA, ADAS_ADDRESS, role="viewer")
    join(app, shared, BOB, BOBS_ADDRESS, role="admin")
    app.leave_workspace(workspace_id=shared, account_id=BOB)

    assert bereaved(app, shared) == {str(ADA): "admin"}
    assert topics(app)[-2:] == ["workspaces.member.left", "workspaces.member.role_changed"]


def test_the_most_trusted_takes_over_and_of_equals_the_first_that_came(app: Workspaces, shared: UUID) -> None:
    join(app, shared, ADA, ADAS_ADDRESS, role="viewer")
    join(app, shared, BOB, BOBS_ADDRESS, role="editor")
    join(app, shared, CLEO, "cleo@example.org", role="editor")

    assert bereaved(app, shared) == {str(BOB): "admin"}


def test_it_comes_out_the_same_from_a_snapshot(app: Workspaces, shared: UUID) -> None:
    join(app, shared, BOB, BOBS_ADDRESS)
    join(app, shared, ADA, ADAS_ADDRESS)
    for role in ["viewer", "editor"] * 30:
        app.change_member(workspace_id=shared, account_id=ADA, role=role, now=NOON)

    assert bereaved(app, shared) == {str(BOB): "admin"}


def test_whoever_lasts_is_preferred_to_an_administrator_whose_term_ends(app: Workspaces, shared: UUID) -> None:
    join(app, shared, ADA, ADAS_ADDRESS, role="admin")
    app.change_member(workspace_id=shared, account_id=ADA, expires_at=later(days=1), now=NOON)
    join(app, shared, BOB, BOBS_ADDRESS, role="viewer")

    assert bereaved(app, shared) == {str(ADA): "admin", str(BOB): "admin"}


def test_where_nobody_lasts_somebody_is_it_until_the_end(app: Workspaces, shared: UUID) -> None:
    join(app, shared, ADA, ADAS_ADDRESS, role="viewer")
    app.change_member(workspace_id=shared, account_id=ADA, expires_at=later(days=1), now=NOON)

    assert bereaved(app, shared) == {str(ADA): "admin"}


def test_nobody_rises_while_there_is_an_administrator(app: Workspaces, shared: UUID) -> None:
    join(app, shared, ADA, ADAS_ADDRESS)
    join(app, shared, BOB, BOBS_ADDRESS, role="admin")

    assert bereaved(app, shared) == {str(BOB): "admin"}
    assert bereaved(app, shared, ADA) == {str(BOB): "admin"}
