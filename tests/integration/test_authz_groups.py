"""Groups, their members, and groups within groups, as an administrator sees them."""

from collections.abc import Callable
from functools import partial
from uuid import UUID, uuid4

import pytest

from services.authz import names
from services.chassis.errors import Conflict, InvalidInput, NotFound, PreconditionFailed, ServiceError, Unprocessable
from services.chassis.publiclog import PublicLog
from services.chassis.settings import Settings
from tests.builders.authz import (
    ADA,
    BOB,
    GRACE,
    NOW,
    OTHER,
    STRANGER,
    VERA,
    VISION,
    connected,
    group,
    joined,
    later,
    may,
    put,
    removed,
    rule,
)
from tests.builders.authz import vision as said

USERS, ADMINS, QUEUE_ADMINS = names.users_id(VISION), names.admins_id(VISION), names.queue_admins_id(VISION)


@pytest.fixture
def app(settings: Settings):
    app = connected(settings)
    yield app
    app.close()


@pytest.fixture(autouse=True)
def vision(app):
    return said(app)


def refused(act: Callable[[], object], kind: type[ServiceError], code: str) -> ServiceError:
    with pytest.raises(kind) as refusal:
        act()
    assert refusal.value.code == code
    return refusal.value


def listed(app, **more):
    return app.list_groups(VISION, NOW, more.pop("limit", 50), more.pop("cursor", None), **more)


@pytest.mark.feature("A-01")
@pytest.mark.feature("A-02")
def test_a_group_is_made_changed_and_deleted(app):
    inner = group(app, "Inner")
    made = app.create_group(VISION, "Team", NOW, description="Ours", members=[ADA, BOB], groups=[inner])
    assert {name: made[name] for name in ("name", "description", "members", "member_count", "groups", "built_in")} == {
        "name": "Team",
        "description": "Ours",
        "members": [ADA, BOB],
        "member_count": 2,
        "groups": [inner],
        "built_in": False,
    }

    changed = app.change_group(VISION, made["id"], NOW, name="TEAM", members=[BOB, VERA], groups=[])
    assert (changed["name"], changed["description"], changed["members"], changed["groups"]) == ("TEAM", "Ours", [BOB, VERA], [])
    assert changed["version"] > made["version"]

    app.delete_group(VISION, made["id"], NOW)
    refused(lambda: app.get_group(VISION, made["id"], NOW), NotFound, "group_not_found")
    refused(lambda: app.delete_group(VISION, made["id"], NOW), NotFound, "group_not_found")
    assert group(app, "team") != made["id"], "its name is free again, its id never"


@pytest.mark.feature("A-01")
def test_somebody_may_be_in_many_groups_and_is_told_which(app):
    team, crew = group(app, "Team", ADA, BOB), group(app, "Crew", ADA)

    assert app.groups_of_members(VISION, [ADA, BOB, VERA], NOW) == {
        str(ADA): [{"id": crew, "name": "Crew"}, {"id": team, "name": "Team"}],
        str(BOB): [{"id": team, "name": "Team"}],
        str(VERA): [],
    }


@pytest.mark.feature("A-03")
@pytest.mark.feature("A-04")
@pytest.mark.feature("A-05")
def test_the_built_in_groups_are_there_without_anybody_making_them(app, vision):
    group(app, "Team", ADA)
    rows = listed(app)["items"]

    assert [(row["id"], row["name"], row["built_in"]) for row in rows[:3]] == [
        (ADMINS, "Admins", True),
        (QUEUE_ADMINS, "Queue admins", True),
        (USERS, "Users", True),
    ]
    assert [row["members"] for row in rows[:3]] == [[GRACE], [], [GRACE, ADA, BOB, VERA]]
    vision.tell(removed(VERA), ("workspaces.member.role_changed", {"account_id": ADA, "role": "admin"}))
    assert [row["members"] for row in listed(app)["items"][:3]] == [[GRACE, ADA], [], [GRACE, ADA, BOB]]


@pytest.mark.feature("A-03")
@pytest.mark.feature("A-04")
@pytest.mark.feature("A-05")
@pytest.mark.parametrize("built_in", [USERS, ADMINS, QUEUE_ADMINS])
def test_a_built_in_group_is_not_renamed_nor_deleted_nor_put_into_another(app, built_in):
    refused(lambda: app.change_group(VISION, built_in, NOW, name="Mine"), Conflict, "group_built_in")
    refused(lambda: app.delete_group(VISION, built_in, NOW), Conflict, "group_built_in")
    refused(lambda: app.create_group(VISION, "Team", NOW, groups=[built_in]), Conflict, "group_built_in")


@pytest.mark.parametrize("built_in", [USERS, ADMINS])
def test_who_is_a_user_or_an_administrator_is_not_decided_here(app, built_in):
    refused(lambda: app.add_group_member(VISION, built_in, ADA, NOW), Conflict, "group_built_in")
    refused(lambda: app.remove_group_member(VISION, built_in, GRACE, NOW), Conflict, "group_built_in")


@pytest.mark.feature("A-05")
@pytest.mark.feature("D5")
def test_only_queue_admins_make_queues_and_an_admin_may_become_one(app):
    refused(lambda: put(app, "queue", "fast", by=GRACE), ServiceError, "access_denied")
    assert not may(app, GRACE, "create", "queue", "fast")

    app.add_group_member(VISION, QUEUE_ADMINS, GRACE, NOW)
    app.change_group(VISION, QUEUE_ADMINS, NOW, groups=[group(app, "Operators", VERA)])

    assert put(app, "queue", "fast", by=GRACE)["status"] == "created"
    assert put(app, "queue", "fast", by=VERA, name="Faster")["status"] == "renamed"
    refused(lambda: app.delete_resource(VISION, ADA, NOW, type="queue", id="fast"), ServiceError, "access_denied")
    assert may(app, ADA, "modify", "queue", "fast")
    assert app.delete_resource(VISION, VERA, NOW, type="queue", id="fast")["status"] == "deleted"
    assert app.get_group(VISION, QUEUE_ADMINS, NOW)["members"] == [GRACE]


def test_members_are_added_and_removed_one_by_one_and_a_repeat_changes_nothing(app):
    team = group(app, "Team", ADA)
    version = app.add_group_member(VISION, team, BOB, NOW)["version"]
    assert app.add_group_member(VISION, team, BOB, NOW)["version"] == version
    assert app.get_group(VISION, team, NOW)["members"] == [ADA, BOB]

    version = app.remove_group_member(VISION, team, ADA, NOW)["version"]
    assert app.remove_group_member(VISION, team, ADA, NOW)["version"] == version
    assert app.get_group(VISION, team, NOW)["members"] == [BOB]
    refused(lambda: app.remove_group_member(VISION, team, STRANGER, NOW), NotFound, "member_not_found")


@pytest.mark.parametrize("name", ["Team", "TEAM", " team", "Тeam", "ＴＥＡＭ"])
def test_no_two_groups_have_names_that_look_alike(app, name):
    group(app, "team")
    other = group(app, "Crew")

    refused(lambda: app.create_group(VISION, name, NOW), Conflict, "group_name_taken")
    refused(lambda: app.change_group(VISION, other, NOW, name=name), Conflict, "group_name_taken")


def test_a_former_name_is_free_for_others(app):
    team = group(app, "Team")
    app.change_group(VISION, team, NOW, name="Crew")

    assert group(app, "Team") != team
    refused(lambda: app.create_group(VISION, "CREW", NOW), Conflict, "group_name_taken")


def test_another_workspace_has_names_of_its_own(app):
    group(app, "Team")
    app.create_group(OTHER, "Team", NOW)


@pytest.mark.parametrize("name", ["Admins", "ADMINS", "Uѕers", "queue-admins"])
def test_no_group_is_given_a_name_that_looks_built_in(app, name):
    team = group(app, "Team")

    refused(lambda: app.create_group(VISION, name, NOW), Unprocessable, "group_name_reserved")
    refused(lambda: app.change_group(VISION, team, NOW, name=name), Unprocessable, "group_name_reserved")


def test_only_members_of_the_workspace_are_put_into_groups(app, vision):
    team = group(app, "Team")
    vision.tell(removed(BOB), ("workspaces.member.term_set", {"account_id": VERA, "expires_at": later(hours=-1).isoformat()}))

    for nobody in (STRANGER, BOB, VERA):
        error = refused(lambda nobody=nobody: app.add_group_member(VISION, team, nobody, NOW), NotFound, "member_not_found")
        assert error.fields == {"account_id": [f"No member: {nobody}"]}
        refused(lambda nobody=nobody: app.create_group(VISION, "Crew", NOW, members=[ADA, nobody]), NotFound, "member_not_found")
    assert [row["name"] for row in listed(app)["items"][3:]] == ["Team"]


def test_a_hundred_thousand_members_are_too_many(app):
    refused(lambda: app.create_group(VISION, "All", NOW, members=[uuid4() for _ in range(100_000)]), Unprocessable, "group_too_large")


def test_groups_make_no_circles_and_do_not_lie_too_deep(app):
    ids = [group(app, "Group 1")]
    for number in range(2, 17):
        ids.append(group(app, f"Group {number}", groups=(ids[-1],)))

    refused(lambda: app.create_group(VISION, "Group 17", NOW, groups=[ids[-1]]), Conflict, "group_too_deep")
    refused(lambda: app.change_group(VISION, ids[0], NOW, groups=[ids[-1]]), Conflict, "group_cycle")
    refused(lambda: app.change_group(VISION, ids[0], NOW, groups=[ids[0]]), Conflict, "group_cycle")
    assert "Group 17" not in [row["name"] for row in listed(app)["items"]]


@pytest.mark.parametrize(
    "act",
    [
        lambda app, id: app.get_group(VISION, id, NOW),
        lambda app, id: app.change_group(VISION, id, NOW, name="Mine"),
        lambda app, id: app.delete_group(VISION, id, NOW),
        lambda app, id: app.add_group_member(VISION, id, ADA, NOW),
        lambda app, id: app.remove_group_member(VISION, id, ADA, NOW),
        lambda app, id: app.create_group(VISION, "Team", NOW, groups=[id]),
        lambda app, id: rule(app, "task", groups=[id]),
        lambda app, id: app.list_rules(VISION, NOW, 50, None, group=id),
    ],
    ids=["get", "change", "delete", "add", "remove", "nest", "rule", "filter"],
)
def test_a_group_of_another_workspace_is_as_absent_as_any(app, act):
    theirs = app.create_group(OTHER, "Theirs", NOW)["id"]

    foreign = refused(lambda: act(app, theirs), NotFound, "group_not_found")
    absent = refused(lambda: act(app, UUID(int=4)), NotFound, "group_not_found")

    assert foreign.detail == absent.detail


def test_groups_are_listed_by_name_page_by_page(app):
    for name in ("b", "a", "c"):
        group(app, name, ADA)
    found, cursor = [], None
    while True:
        page = listed(app, limit=2, cursor=cursor)
        found += [row["name"] for row in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break

    assert found == ["Admins", "Queue admins", "Users", "a", "b", "c"]
    assert [row["name"] for row in listed(app, q="ADMIN")["items"]] == ["Admins", "Queue admins"]
    assert listed(app, q="%")["items"] == []
    for edited in ("x", "e30=", "WyJhIl0=", ""):
        refused(lambda edited=edited: listed(app, cursor=edited), InvalidInput, "cursor_invalid")


def test_an_edit_of_an_older_version_is_refused(app):
    for id in (group(app, "Team"), QUEUE_ADMINS):
        version = app.get_group(VISION, id, NOW)["version"]
        app.change_group(VISION, id, NOW, members=[ADA], version=version)
        error = refused(partial(app.change_group, VISION, id, NOW, members=[BOB], version=version), PreconditionFailed, "changed_meanwhile")

        assert error.fields == {"etag": app.get_group(VISION, id, NOW)["version"]}


@pytest.mark.feature("A-07")
def test_with_a_group_goes_what_only_it_gave(app):
    put(app, "task", "42")
    team, crew = group(app, "Team", ADA, BOB), group(app, "Crew", BOB)
    rule(app, "task", "42", groups=[team])
    rule(app, "task", "42", groups=[crew])

    impact = app.delete_group(VISION, team, NOW)

    assert impact["loses"] == [{"principal": str(ADA), "resource": {"type": "task", "id": "42"}, "permission": "read"}]
    assert (impact["gains_total"], impact["loses_total"]) == (0, 1)
    assert (may(app, ADA, "read", "task", "42"), may(app, BOB, "read", "task", "42")) == (False, True)
    assert [row["groups"] for row in app.list_rules(VISION, NOW, 50, None)["items"]] == [[], [crew]]


def test_a_rule_whose_group_is_gone_still_closes(app):
    put(app, "task", "42")
    team = group(app, "Team", ADA)
    rule(app, "task", "42", groups=[team])

    assert app.delete_group(VISION, team, NOW, dry_run=True)["loses_total"] == 1
    assert may(app, ADA, "read", "task", "42")
    app.delete_group(VISION, team, NOW)

    assert not may(app, ADA, "read", "task", "42")
    assert not may(app, BOB, "read", "task", "42")


def test_a_dry_run_tells_who_gains_and_changes_nothing(app):
    put(app, "task", "42")
    inner = group(app, "Inner", VERA)
    outer = group(app, "Outer")
    rule(app, "task", "42", permission="modify", groups=[outer])
    position = app.log.max_notification_id()
    right = {"resource": {"type": "task", "id": "42"}}

    def gained(impact):
        return sorted((each["principal"], each["permission"]) for each in impact["gains"] if each["resource"] == right["resource"])

    assert gained(app.add_group_member(VISION, outer, ADA, NOW, dry_run=True)) == [(str(ADA), "modify"), (str(ADA), "read")]
    assert gained(app.change_group(VISION, outer, NOW, members=[BOB], groups=[inner], dry_run=True)) == [
        (str(who), permission) for who in (BOB, VERA) for permission in ("modify", "read")
    ]
    assert app.create_group(VISION, "Another", NOW, members=[ADA], dry_run=True)["gains_total"] == 0
    assert app.remove_group_member(VISION, inner, VERA, NOW, dry_run=True)["loses_total"] == 0
    assert app.log.max_notification_id() == position
    assert not may(app, ADA, "read", "task", "42")


def test_others_hear_of_every_change(app):
    team = group(app, "Team", ADA)
    app.change_group(VISION, team, NOW, name="Crew", groups=[group(app, "Inner")])
    app.remove_group_member(VISION, team, ADA, NOW)
    app.delete_group(VISION, team, NOW)

    heard = [(event.type.removeprefix("authz.group."), event.data) for event in PublicLog(app).after(0, 100)]
    assert [name for name, _ in heard] == [
        "created",
        "members_changed",
        "created",
        "changed",
        "nesting_changed",
        "members_changed",
        "deleted",
        "nesting_changed",
    ]
    assert heard[1][1] == {"group_id": str(team), "added": [str(ADA)], "removed": []}
    assert {event.workspace_id for event in PublicLog(app).after(0, 100)} == {str(VISION)}


def test_with_the_workspace_everything_in_it_is_gone(app, vision):
    team = group(app, "Team", ADA)
    put(app, "task", "42")
    rule(app, "task", "42", groups=[team])

    vision.tell(("workspaces.workspace.deleted", {}))

    assert not may(app, GRACE, "read", "task", "42")
    for table in ("members", "groups", "group_members", "nestings", "rules", "rule_users", "rule_groups", "resources"):
        assert app.db.all(f"SELECT * FROM {table}") == []
    refused(lambda: app.add_group_member(VISION, team, joined(ADA)[1]["account_id"], NOW), NotFound, "member_not_found")


def test_long_histories_are_read_from_snapshots(app):
    team, inner = group(app, "Team", VERA), group(app, "Inner")
    for number in range(60):
        change = app.remove_group_member if number % 2 else app.add_group_member
        change(VISION, team, ADA, NOW)
        app.change_group(VISION, team, NOW, groups=[] if number % 2 else [inner])

    snapshots = app.db.all("SELECT DISTINCT originator_id FROM snapshots")
    assert len(snapshots) == 2
    row = app.add_group_member(VISION, team, BOB, NOW)
    assert (row["members"], row["groups"]) == ([BOB, VERA], [])


@pytest.mark.feature("A-02")
def test_every_group_that_has_a_member_is_told_built_in_ones_first_and_by_way_of_others(app, vision) -> None:
    inner = group(app, "Inner", ADA)
    outer = group(app, "Outer", groups=(inner,))
    group(app, "Others", BOB)

    def told(account_id: UUID) -> list[tuple[UUID, str]]:
        return [(each["id"], each["name"]) for each in app.groups_of_member(VISION, account_id, NOW)]

    assert told(ADA) == [(USERS, "Users"), (inner, "Inner"), (outer, "Outer")]
    assert told(GRACE) == [(USERS, "Users"), (ADMINS, "Admins")]
    app.delete_group(VISION, inner, NOW)
    assert told(ADA) == [(USERS, "Users")]
    vision.tell(removed(ADA))
    assert told(ADA) == told(STRANGER) == []
