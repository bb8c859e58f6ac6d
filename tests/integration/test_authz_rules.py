"""Access rules: what they say, whom they reach, and what happens when two edit one."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.authz import names
from services.authz.domain import Member, Tree
from services.chassis import usecase
from services.chassis.errors import InvalidInput, NotFound, PreconditionFailed, ServiceError, Unprocessable
from services.chassis.publiclog import PublicLog
from services.chassis.settings import Settings
from tests.builders.authz import ADA, BOB, GRACE, NOW, OTHER, STRANGER, VERA, VISION, connected, group, later, may, put, removed, rule
from tests.builders.authz import vision as said


@pytest.fixture
def app(settings: Settings):
    app = connected(settings)
    yield app
    app.close()


@pytest.fixture(autouse=True)
def vision(app):
    told = said(app)
    put(app, "project", "p")
    put(app, "task", "t1", "p")
    put(app, "task", "t2", "p")
    return told


def refused(act: Callable[[], object], kind: type[ServiceError], code: str) -> ServiceError:
    with pytest.raises(kind) as refusal:
        act()
    assert refusal.value.code == code
    return refusal.value


def listed(app, **filters):
    return [row["id"] for row in app.list_rules(VISION, NOW, 50, None, **filters)["items"]]


def change(app, id, **said):
    return app.change_rule(VISION, id, NOW, **{"resource_type": "task", "resource_id": "t1", "permission": "read", "users": [ADA], **said})


@pytest.mark.feature("D4")
@pytest.mark.feature("A-14")
def test_the_first_rule_closes_and_the_last_one_opens_again(app):
    made = rule(app, "task", "t1", users=[ADA])
    assert [may(app, who, "read", "task", "t1") for who in (ADA, BOB, GRACE)] == [True, False, True]
    assert may(app, ADA, "modify", "task", "t1") is False

    impact = app.delete_rule(VISION, made["id"], NOW)

    assert may(app, BOB, "modify", "task", "t1")
    assert sorted((right["principal"], right["permission"]) for right in impact["gains"]) == sorted(
        [(str(ADA), "modify"), (str(BOB), "modify"), (str(BOB), "read"), (str(VERA), "read")]
    )
    refused(lambda: app.get_rule(VISION, made["id"]), NotFound, "rule_not_found")


@pytest.mark.feature("A-09")
@pytest.mark.feature("A-10")
@pytest.mark.feature("A-11")
def test_a_rule_names_a_type_or_one_object_users_and_groups(app):
    team = group(app, "Team", VERA)
    made = rule(app, "task", permission="modify", users=[ADA], groups=[team], expires_at=later(hours=1))

    assert {name: made[name] for name in ("resource_type", "resource_id", "permission", "users", "groups", "expires_at")} == {
        "resource_type": "task",
        "resource_id": None,
        "permission": "modify",
        "users": [ADA],
        "groups": [team],
        "expires_at": later(hours=1),
    }
    assert [may(app, who, "modify", "task", "t2") for who in (ADA, VERA, BOB)] == [True, True, False]
    change(app, made["id"], resource_id=None, users=[], groups=[team])
    assert [may(app, who, "read", "task", "t2") for who in (ADA, VERA, BOB)] == [False, True, False]


@pytest.mark.feature("A-12")
def test_a_project_reaches_what_it_holds_and_a_task_nothing_else(app):
    rule(app, "project", "p", users=[ADA])
    rule(app, "task", "t1", users=[BOB])

    assert [may(app, ADA, "read", *what) for what in (("project", "p"), ("task", "t1"), ("task", "t2"))] == [True, True, True]
    assert [may(app, BOB, "read", *what) for what in (("project", "p"), ("task", "t1"), ("task", "t2"))] == [False, True, False]


def test_a_rule_for_everybody_names_the_users(app):
    rule(app, "task", "t1", groups=[names.users_id(VISION)])

    assert (may(app, VERA, "read", "task", "t1"), may(app, BOB, "modify", "task", "t1")) == (True, False)


def test_a_rule_ends_by_the_clock_and_still_closes(app):
    rule(app, "task", "t1", users=[ADA], expires_at=later(minutes=5))
    asked = {"account_id": ADA, "action": "read", "resource": {"type": "task", "id": "t1"}}

    assert app.check(VISION, NOW, **asked)["expires_at"] == later(minutes=5)
    assert app.check(VISION, later(minutes=6), **asked)["allowed"] is False
    assert app.check(VISION, later(minutes=6), **{**asked, "account_id": BOB})["allowed"] is False


@pytest.mark.feature("A-13")
def test_everything_is_changed_in_one_step(app):
    made = rule(app, "task", "t1", users=[ADA])
    changed = change(app, made["id"], resource_type="project", resource_id="p", permission="modify", users=[BOB], version=made["version"])

    assert (changed["resource_type"], changed["resource_id"], changed["users"]) == ("project", "p", [BOB])
    assert [may(app, who, "modify", "task", "t1") for who in (ADA, BOB)] == [False, True]
    assert [event.data["change"] for event in PublicLog(app).after(0, 100) if event.type == "authz.rule.changed"] == ["created", "changed"]


@pytest.mark.feature("A-15")
def test_rules_are_found_by_type_resource_user_and_group(app):
    team = group(app, "Team", VERA)
    first = rule(app, "task", "t1", users=[ADA])["id"]
    second = rule(app, "task", "t1", users=[ADA, BOB], groups=[team])["id"]
    third = rule(app, "project", "p", groups=[team])["id"]

    assert listed(app) == [first, second, third]
    assert listed(app, resource_type="task") == [first, second]
    assert listed(app, resource_type="project", resource_id="p") == [third]
    assert listed(app, user=BOB) == [second]
    assert listed(app, group=team) == [second, third]
    assert listed(app, group=team, resource_type="task", user=ADA) == [second]
    assert listed(app, user=VERA) == []


def test_rules_are_listed_page_by_page_and_edited_cursors_are_refused(app):
    ids = [rule(app, "task", users=[ADA])["id"] for _ in range(5)]
    found, cursor = [], None
    while True:
        page = app.list_rules(VISION, NOW, 2, cursor)
        found += [row["id"] for row in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert found == ids
    for edited in ("x", "WyJhIiwgImIiXQ==", "WyJhIl0="):
        refused(lambda edited=edited: app.list_rules(VISION, NOW, 2, edited), InvalidInput, "cursor_invalid")


@pytest.mark.parametrize(
    ("wrong", "kind", "code"),
    [
        ({"users": [], "groups": []}, Unprocessable, "assignees_missing"),
        ({"users": [STRANGER]}, NotFound, "member_not_found"),
        ({"users": [ADA, STRANGER]}, NotFound, "member_not_found"),
        ({"groups": [UUID(int=9)]}, NotFound, "group_not_found"),
        ({"groups": [names.users_id(OTHER)]}, NotFound, "group_not_found"),
        ({"id": "nowhere"}, NotFound, "resource_not_found"),
        ({"id": "theirs"}, NotFound, "resource_not_found"),
        ({"id": "p"}, NotFound, "resource_not_found"),
        ({"expires_at": NOW - timedelta(days=1)}, Unprocessable, "expiry_past"),
        ({"users": [UUID(int=number) for number in range(1_001)]}, Unprocessable, "assignees_too_many"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(app, wrong, kind, code):
    others_have(app)
    before = rule(app, "task", "t1", users=[BOB])
    position = app.log.max_notification_id()

    refused(lambda: rule(app, "task", **{"id": "t1", "users": [ADA], **wrong}), kind, code)
    changed = {("resource_id" if name == "id" else name): value for name, value in wrong.items()}
    refused(lambda: change(app, before["id"], **changed), kind, code)

    assert app.log.max_notification_id() == position


def others_have(app):
    """Another workspace has a task that this one must not know of."""
    tree = Tree(workspace_id=OTHER)
    tree.change([{"op": "created", "type": "task", "id": "theirs", "name": "Theirs", "parent": None}])
    app.save(tree, Member(workspace_id=OTHER, account_id=STRANGER, role="admin", tenure=1))


@pytest.mark.parametrize(
    "act",
    [
        lambda app, id: app.get_rule(VISION, id),
        lambda app, id: change(app, id),
        lambda app, id: app.delete_rule(VISION, id, NOW),
        lambda app, id: app.delete_rule(VISION, id, NOW, dry_run=True),
    ],
    ids=["get", "change", "delete", "dry run"],
)
def test_a_rule_of_another_workspace_is_as_absent_as_any(app, act):
    others_have(app)
    theirs = app.create_rule(OTHER, NOW, resource_type="task", permission="read", users=[STRANGER])["id"]

    foreign = refused(lambda: act(app, theirs), NotFound, "rule_not_found")
    absent = refused(lambda: act(app, UUID(int=4)), NotFound, "rule_not_found")

    assert foreign.detail == absent.detail
    assert app.get_rule(OTHER, theirs)["users"] == [STRANGER]


@pytest.mark.parametrize(
    ("filters", "kind", "code"),
    [
        ({"resource_type": "task", "resource_id": "theirs"}, NotFound, "resource_not_found"),
        ({"resource_id": "t1"}, Unprocessable, "filter_incomplete"),
        ({"user": STRANGER}, NotFound, "member_not_found"),
        ({"group": UUID(int=4)}, NotFound, "group_not_found"),
    ],
    ids=["resource", "no type", "user", "group"],
)
def test_filters_name_what_is_of_this_workspace(app, filters, kind, code):
    others_have(app)
    refused(lambda: listed(app, **filters), kind, code)


def test_of_two_who_edit_one_rule_at_once_one_wins_and_the_other_is_told_the_version_now(app):
    made = rule(app, "task", "t1", users=[ADA])
    outcomes = []
    start = threading.Barrier(2)

    def edit(permission):
        start.wait()
        try:
            payload = {"permission": permission, "version": made["version"], "expires_at": later(hours=1)}
            usecase.run("authz", "change_rule", app, payload, lambda said: change(app, made["id"], **said))
            outcomes.append("won")
        except PreconditionFailed as refusal:
            outcomes.append(refusal.fields)

    editors = [threading.Thread(target=edit, args=(permission,)) for permission in ("read", "modify")]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join(timeout=10)

    assert sorted(outcomes, key=str) == ["won", {"etag": made["version"] + 1}]


def test_a_dry_run_of_a_rule_tells_both_sides_and_changes_nothing(app):
    position = app.log.max_notification_id()
    impact = app.create_rule(VISION, NOW, dry_run=True, resource_type="task", resource_id="t1", permission="modify", users=[VERA])

    right = {"type": "task", "id": "t1"}
    assert impact["gains"] == [{"principal": str(VERA), "resource": right, "permission": "modify"}]
    assert sorted((each["principal"], each["permission"]) for each in impact["loses"]) == [
        (str(who), permission) for who in (ADA, BOB) for permission in ("modify", "read")
    ]
    assert (impact["gains_total"], impact["loses_total"]) == (1, 4)
    assert app.log.max_notification_id() == position
    assert may(app, ADA, "modify", "task", "t1")


def test_with_a_resource_the_rules_on_it_are_gone(app):
    on_it, on_another = rule(app, "task", "t1", users=[ADA]), rule(app, "task", "t2", users=[ADA])

    app.delete_resource(VISION, GRACE, NOW, type="task", id="t1")

    assert listed(app) == [on_another["id"]]
    refused(lambda: change(app, on_it["id"], resource_id="t2"), NotFound, "rule_not_found")
    put(app, "task", "t1", "p")
    assert may(app, BOB, "read", "task", "t1"), "what bears the id later is another thing, and open"


def test_a_rule_made_while_its_resource_goes_never_outlives_it(app):
    for number in range(20):
        put(app, "task", "brief", "p")
        start = threading.Barrier(2)

        def make(start=start):
            start.wait()
            with suppress(NotFound):
                rule(app, "task", "brief", users=[ADA])

        maker = threading.Thread(target=make)
        maker.start()
        start.wait()
        app.delete_resource(VISION, GRACE, NOW, type="task", id="brief")
        maker.join(timeout=10)
        assert listed(app) == [], number


def test_an_assignee_who_left_drops_out_and_the_rule_still_closes(app, vision):
    made = rule(app, "task", "t1", users=[ADA])
    vision.tell(removed(ADA))

    assert app.get_rule(VISION, made["id"])["users"] == []
    assert not may(app, BOB, "read", "task", "t1")


def test_an_answer_is_explained_by_what_made_it_so(app):
    inner = group(app, "Inner", ADA)
    outer = group(app, "Outer", groups=(inner,))
    made = rule(app, "project", "p", groups=[outer])

    found = app.check(VISION, datetime.now(UTC), account_id=ADA, action="read", resource={"type": "task", "id": "t1"}, explain=True)

    because = found["because"]
    assert (because["rule_id"], because["via_group"]) == (str(made["id"]), [str(inner), str(outer)])
    assert because["inherited_from"] == {"type": "project", "id": "p"}
    told = {event.id: event.type for event in PublicLog(app).after(0, 100)}
    assert [told[id] for id in because["event_ids"]] == [
        "authz.rule.changed",
        "authz.group.members_changed",
        "authz.group.nesting_changed",
        "authz.resources.changed",
    ]
    denied = app.check(VISION, datetime.now(UTC), account_id=BOB, action="read", resource={"type": "task", "id": "t1"}, explain=True)
    assert denied["nearest"] == [
        {"wants": "rule", "role": None, "rule_id": str(made["id"]), "subject": {"type": "project", "id": "p"}, "permission": "read"}
    ]
