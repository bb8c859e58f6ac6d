"""Making, renaming and deleting workspaces."""

import pytest
from eventsourcing.persistence import IntegrityError

from services.chassis.errors import Conflict, NotFound
from services.workspaces.domain import Workspace, slugify
from tests.builders.workspaces import ADA, GRACE, NOBODY, NOON, log, topics, vision, workspaces


def test_whoever_makes_a_workspace_is_its_first_administrator():
    app = workspaces()

    made = app.create_workspace(account_id=GRACE, name="Computer Vision", now=NOON)

    assert topics(app) == ["workspaces.workspace.created", "workspaces.member.joined", "workspaces.slug.claimed"]
    assert (made["name"], made["slug"], made["personal"], made["role"], made["member_count"]) == (
        "Computer Vision",
        "computer-vision",
        False,
        "admin",
        1,
    )


def test_a_slug_that_is_taken_is_refused():
    app = workspaces()
    app.create_workspace(account_id=GRACE, name="Vision", slug="eye", now=NOON)
    before = len(log(app))

    with pytest.raises(Conflict) as refusal:
        app.create_workspace(account_id=ADA, name="Other", slug="eye", now=NOON)

    assert refusal.value.code == "slug_taken"
    assert topics(app, before) == []


def test_a_slug_made_from_a_name_gets_a_suffix_where_it_is_taken():
    app = workspaces()
    app.create_workspace(account_id=GRACE, name="Vision", now=NOON)

    second = app.create_workspace(account_id=ADA, name="Vision", now=NOON)

    assert second["slug"].startswith("vision-")


def test_two_that_take_one_slug_at_the_same_moment_do_not_both_get_it():
    app = workspaces()
    first, second = (app._claim("eye", owner) for owner in (GRACE, ADA))
    app.save(first)

    with pytest.raises(IntegrityError):
        app.save(second)


def test_nobody_can_take_a_slug_that_looks_like_that_of_a_personal_workspace():
    with pytest.raises(Conflict) as refusal:
        workspaces().create_workspace(account_id=GRACE, name="Mine", slug="personal-0", now=NOON)

    assert refusal.value.code == "slug_taken"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Computer Vision", "computer-vision"),
        ("  Élan & Größe!  ", "elan-grosse"),
        ("视觉", "workspace"),
        ("Personal", "personal"),
        ("Personal Personal X", "x"),
        ("a" * 60, "a" * 40),
    ],
)
def test_a_slug_is_made_of_what_a_name_has_in_plain_letters(name, slug):
    assert slugify(name) == slug


def test_renaming_is_told_and_leaves_the_slug_as_it_was():
    app = workspaces()
    id = vision(app)
    before = len(log(app))

    renamed = app.change_workspace(workspace_id=id, name="Seeing", account_id=GRACE, now=NOON)

    assert topics(app, before) == ["workspaces.workspace.renamed"]
    assert (renamed["name"], renamed["slug"], renamed["role"]) == ("Seeing", "vision", "admin")


def test_renaming_to_the_same_name_changes_nothing():
    app = workspaces()
    id = vision(app)
    before = len(log(app))

    app.change_workspace(workspace_id=id, name="Vision", now=NOON)

    assert topics(app, before) == []


def test_a_workspace_nobody_made_cannot_be_renamed():
    with pytest.raises(NotFound) as refusal:
        workspaces().change_workspace(workspace_id=NOBODY, name="Seeing", now=NOON)

    assert refusal.value.code == "workspace_not_found"


def test_two_that_rename_at_the_same_moment_do_not_both_succeed():
    app = workspaces()
    id = vision(app)
    first, second = app.load(Workspace, id), app.load(Workspace, id)
    first.rename("One")
    second.rename("Other")
    app.save(first)

    with pytest.raises(IntegrityError):
        app.save(second)


def test_a_deleted_workspace_is_gone_and_its_slug_is_free_again():
    app = workspaces()
    id = vision(app)
    before = len(log(app))

    app.delete_workspace(workspace_id=id)

    assert topics(app, before) == ["workspaces.workspace.deleted", "workspaces.slug.released"]
    assert app.create_workspace(account_id=ADA, name="Vision", now=NOON)["slug"] == "vision"
    with pytest.raises(NotFound):
        app.delete_workspace(workspace_id=id)


def test_an_account_gets_one_personal_workspace_however_often_it_is_heard_of():
    app = workspaces()

    first = app.create_personal_workspace(ADA, NOON)
    second = app.create_personal_workspace(ADA, NOON)

    assert first == second == Workspace.personal_id(ADA)
    assert topics(app) == ["workspaces.workspace.created", "workspaces.member.joined"]


def test_a_personal_workspace_cannot_be_deleted():
    app = workspaces()
    id = app.create_personal_workspace(ADA, NOON)

    with pytest.raises(Conflict) as refusal:
        app.delete_workspace(workspace_id=id)

    assert refusal.value.code == "personal_workspace"


def test_another_slug_frees_the_former_one():
    app = workspaces()
    first = app.create_workspace(account_id=GRACE, name="Vision", slug="vision", now=NOON)

    assert app.change_workspace(workspace_id=first["id"], slug="seeing", now=NOON)["slug"] == "seeing"

    assert app.create_workspace(account_id=GRACE, name="Other", slug="vision", now=NOON)["slug"] == "vision"
    before = len(log(app))
    with pytest.raises(Conflict):
        app.change_workspace(workspace_id=first["id"], slug="vision", name="Renamed", now=NOON)
    assert topics(app, before) == []


def test_the_slug_one_has_already_changes_nothing():
    app = workspaces()
    made = app.create_workspace(account_id=GRACE, name="Vision", slug="vision", now=NOON)
    before = len(log(app))

    assert app.change_workspace(workspace_id=made["id"], slug="vision", now=NOON)["slug"] == "vision"
    assert topics(app, before) == []
