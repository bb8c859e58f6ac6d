"""Indexes follow the log: no answer is older than its question, on any replica, however appends overtake one another."""

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from services.authz.application import Authz
from services.authz.domain import Rule, Terms
from services.authz.engine import indexes
from services.authz.engine.indexes import Indexes
from services.authz.projections import OWN
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from tests.builders.authz import ADA, BOB, GRACE, NOW, OTHER, VERA, VISION, connected, group, joined, may, put, removed, rule
from tests.builders.authz import vision as said


@pytest.fixture
def app(settings: Settings):
    app = connected(settings)
    yield app
    app.close()


@pytest.fixture
def vision(app):
    return said(app)


@pytest.fixture
def replica(app, settings: Settings):
    """Another process of the same service, as far as the database can tell."""
    other = Authz.connect(settings)
    yield other
    other.close()


@pytest.mark.usefixtures("vision")
def test_what_was_written_on_one_replica_is_known_to_the_next_question_on_the_other(app, replica):
    put(app, "task", "42")
    made = rule(app, "task", "42", users=[BOB])
    writers, readers = (app, replica), (replica, app)
    for number in range(1_000):
        ada, side = number % 2 == 0, number % 3 % 2
        changed = {"resource_type": "task", "resource_id": "42", "permission": "read", "users": [ADA if ada else BOB]}
        writers[side].change_rule(VISION, made["id"], NOW, **changed)

        assert may(readers[side], ADA, "read", "task", "42") is ada, number


class Stale(Indexes):
    """Without the safeguard: asked as they are."""

    def _freshen(self, at_least=0):
        """Nothing."""


def new_enemy(app, replica):
    """Ada's grant on a project is taken away, and only then something is put into it. May she read that, says the replica?"""
    put(app, "project", "p")
    grant = rule(app, "project", "p", users=[ADA, BOB])
    assert may(replica, ADA, "read", "project", "p")

    app.change_rule(VISION, grant["id"], NOW, resource_type="project", resource_id="p", permission="read", users=[BOB])
    put(app, "task", "secret", "p")

    return may(replica, ADA, "read", "task", "secret") or may(replica, ADA, "read", "project", "p")


@pytest.mark.usefixtures("vision")
def test_a_grant_that_was_taken_away_reaches_nothing_that_was_added_later(app, replica):
    assert new_enemy(app, replica) is False


@pytest.mark.usefixtures("vision")
def test_without_reading_the_log_first_it_would(app, replica):
    replica.indexes = Stale(replica, 512)

    assert new_enemy(app, replica) is True


@contextmanager
def held(app):
    """An append that has its position, and what it says, but has not committed when the block ends."""
    ready, go = threading.Event(), threading.Event()

    def append():
        with app.database.transaction():
            terms = Terms(resource_type="task", resource_id="t", permission="read", users={str(BOB): 1}, groups=[], expires_at=None)
            app.save(Rule.made(VISION, terms, 10, NOW))
            ready.set()
            go.wait(10)

    writer = threading.Thread(target=append)
    writer.start()
    assert ready.wait(10)
    yield
    go.set()
    writer.join(10)


@pytest.mark.usefixtures("vision")
def test_nobody_waits_for_an_append_of_somebody_else_nor_misses_it_later(app, replica):
    put(app, "task", "t")
    assert may(replica, ADA, "read", "task", "t")

    with held(app):
        later = rule(app, "project", users=[BOB])
        began = time.monotonic()
        assert may(replica, ADA, "read", "task", "t"), "not committed: not so yet"
        assert not may(replica, ADA, "read", "project", "p"), "committed, although an earlier position is not"
        assert time.monotonic() - began < 1
        assert not may(replica, ADA, "read", "project", "p")
        found = check(replica)
        assert found["position"] < app.log.max_notification_id()

    assert not may(replica, ADA, "read", "task", "t")
    assert not may(replica, ADA, "read", "project", "p")
    app.delete_rule(VISION, later["id"], NOW)
    assert may(replica, ADA, "read", "project", "p")


@pytest.mark.usefixtures("vision")
def test_whoever_names_a_position_waits_for_all_below_it(app, replica):
    put(app, "task", "t")
    answers = []
    with held(app):
        rule(app, "project", users=[BOB])
        position = app.log.max_notification_id()
        asking = threading.Thread(target=lambda: answers.append(check(replica, at_least=position)))
        asking.start()
        with pytest.raises(indexes.Unavailable) as refusal:
            check(app, at_least=position, patience=0.05)
        assert (refusal.value.code, answers) == ("not_caught_up", [])
    asking.join(10)

    assert answers[0]["position"] >= position
    assert answers[0]["allowed"] is False


def check(app, **more):
    asked = {"account_id": ADA, "action": "read", "resource": {"type": "task", "id": "t"}}
    return app.check(VISION, datetime.now(UTC), **asked, **more)


def history(app, told):
    """A little of everything that can happen."""
    put(app, "project", "p")
    put(app, "project", "q", "p")
    for number in range(6):
        put(app, ["task", "model", "dataset"][number % 3], f"r{number}", "pq"[number % 2])
    inner, outer, gone = group(app, "Inner", ADA, BOB), group(app, "Outer", VERA), group(app, "Gone", ADA)
    app.change_group(VISION, outer, NOW, groups=[inner, gone])
    app.remove_group_member(VISION, inner, BOB, NOW)
    first = rule(app, "project", "q", groups=[outer])
    rule(app, "task", permission="modify", users=[ADA, VERA], groups=[gone])
    last = rule(app, "model", "r1", users=[BOB])
    app.change_rule(VISION, first["id"], NOW, resource_type="project", resource_id="p", permission="modify", users=[BOB], groups=[inner])
    told.tell(removed(BOB), joined(BOB, "viewer"), ("workspaces.member.role_changed", {"account_id": VERA, "role": "editor"}))
    told.tell(("workspaces.member.term_set", {"account_id": VERA, "expires_at": "2030-01-01T00:00:00+00:00"}))
    app.add_group_member(VISION, outer, BOB, NOW)
    put(app, "project", "q", None, name="Q")
    app.delete_rule(VISION, last["id"], NOW)
    app.delete_resource(VISION, GRACE, NOW, type="task", id="r0")
    app.delete_group(VISION, gone, NOW)


def written(index):
    """All that an index holds, in words."""
    return {
        "members": {m.account: (m.tenure, m.role, m.until, m.event, _joins(index, m)) for m in index.members.values()},
        "groups": {
            id: ({m.account for m in g.members}, {p.id: e for p, e in g.parents.items()}, {c.id for c in g.children})
            for id, g in index.groups.items()
        },
        "rules": {
            id: (r.holder.kind.type, getattr(r.holder, "id", None), r.permission, {_name(s) for s in r.subjects}, r.until, r.event)
            for id, r in index.rules.items()
        },
        "resources": {
            (kind.type, node.id): (node.parent and node.parent.id, node.event, node.registered)
            for kind in index.kinds.values()
            for node in kind.nodes.values()
        },
    }


def _joins(index, member):
    """When he became a user is not kept once his role has changed, and asked by nobody."""
    return {group.id: event for group, event in member.groups.items() if group is not index.users}


def _name(subject):
    return (subject.account, subject.tenure) if hasattr(subject, "tenure") else subject.id if not subject.gone else None


def living(said):
    """Without assignees that are no more: a rule may remember them, to no effect."""
    rules = {id: (*rest[:3], {s for s in rest[3] if s is not None}, *rest[4:]) for id, rest in said["rules"].items()}
    return {**said, "rules": rules}


def test_an_index_that_followed_the_log_equals_one_loaded_from_the_views(app, replica, vision):
    assert may(app, GRACE, "read", "project", "p")
    history(app, vision)

    with app.indexes.reading(VISION) as followed, replica.indexes.reading(VISION) as loaded:
        ours, theirs = written(followed.index), written(loaded.index)

    bob = (str(BOB), 1)
    for each in ours["rules"].values():
        each[3].discard(bob)
    assert living(ours) == living(theirs)
    assert len(theirs["rules"]) == 2
    assert len(theirs["resources"]) == 7


@pytest.mark.parametrize("projection", OWN, ids=lambda projection: projection.name)
def test_a_rebuilt_view_equals_the_live_one_row_for_row(app, vision, projection):
    history(app, vision)
    app.suspend_workspace(VISION)
    tables = [table.name for table in projection.tables]
    live = {name: app.db.all(f"SELECT * FROM {name} ORDER BY {name}") for name in tables}
    assert all(live.values())

    Rebuild(app, projection, None).run()

    assert {name: app.db.all(f"SELECT * FROM {name} ORDER BY {name}") for name in tables} == live


def test_an_index_loaded_while_everything_changes_misses_nothing(app, replica, vision):
    """Loading takes a picture of the views and goes on from the log: whatever falls between is in one of them."""
    put(app, "task", "t")
    made = rule(app, "task", "t", users=[BOB])
    done = threading.Event()

    def change():
        for number in range(100):
            users = [ADA, BOB] if number % 2 else [BOB]
            app.change_rule(VISION, made["id"], NOW, resource_type="task", resource_id="t", permission="read", users=users)
        done.set()

    writer = threading.Thread(target=change)
    writer.start()
    while not done.is_set():
        fresh = Indexes(replica, 512)
        with fresh.reading(VISION) as reading:
            assert reading.index.allowed(str(BOB), "read", "task", "t", time.time())
        fresh.close()
    writer.join(30)
    assert may(replica, ADA, "read", "task", "t")


def test_the_indexes_used_longest_ago_make_room(app, vision, monkeypatch):
    vision.tell(joined(GRACE, "admin"), workspace_id=OTHER)
    put(app, "project", "p")
    app.indexes.close()
    app.indexes = small = Indexes(app, 0)

    for _ in range(3):
        assert may(app, ADA, "modify", "project", "p")
        assert small.loaded == [VISION]
        assert may(app, GRACE, "modify", "project", "p", workspace_id=OTHER)
        assert small.loaded == [OTHER]

    app.indexes = Indexes(app, 512)
    small.close()
    assert may(app, ADA, "modify", "project", "p")
    assert may(app, GRACE, "modify", "project", "p", workspace_id=OTHER)
    assert may(app, BOB, "modify", "project", "p")
    assert app.indexes.loaded == [OTHER, VISION]


def test_an_index_is_moved_on_while_nobody_asks(app, replica, vision):
    assert may(replica, ADA, "read", "task", "t")
    rule(app, "task", users=[BOB])

    def known():
        return bool(replica.indexes._loaded[VISION].rules)

    deadline = time.monotonic() + 5
    while not known() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert known()
