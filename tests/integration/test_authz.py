"""Membership as it is mirrored, and decisions by it."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from marshmallow import ValidationError

from services.authz.domain import Rule
from services.authz.reactions import Memberships
from services.authz.schemas.questions import Check
from services.chassis.errors import Unavailable, Unprocessable
from services.chassis.settings import Settings
from services.chassis.sinks import ReactionSink
from tests.builders.authz import (
    ADA,
    BOB,
    NOW,
    OTHER,
    STRANGER,
    VERA,
    VISION,
    Told,
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
from tests.builders.public_events import events

TASK = ("task", "42")
DELETED = ("workspaces.workspace.deleted", {})
INVITED = ("workspaces.member.invited", {"role": "editor"})
LASTING = ("workspaces.member.term_set", {"account_id": ADA, "expires_at": None})
LEFT = ("workspaces.member.left", {"account_id": ADA})


@pytest.fixture
def app(settings: Settings):
    app = connected(settings)
    yield app
    app.close()


@pytest.fixture
def vision(app):
    return said(app)


def check(app, account_id=ADA, action="read", **more):
    return app.check(VISION, datetime.now(UTC), account_id=account_id, action=action, resource={"type": "task", "id": "42"}, **more)


@pytest.mark.feature("A-08")
@pytest.mark.usefixtures("vision")
def test_in_a_fresh_workspace_the_role_says_what_everybody_may(app):
    assert [may(app, who, action, *TASK) for who in (ADA, VERA, STRANGER) for action in ("read", "modify")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    assert may(app, ADA, "read", *TASK, workspace_id=OTHER) is False


def test_before_anything_was_heard_nobody_may(app):
    assert check(app) == {"allowed": False, "expires_at": None, "position": 0, "heard": 0}


@pytest.mark.parametrize("ending", [removed(ADA), LEFT, DELETED], ids=lambda told: told[0])
def test_whoever_is_no_member_any_more_may_no_longer(app, vision, ending):
    assert may(app, ADA, "read", *TASK)

    vision.tell(ending)

    assert not may(app, ADA, "read", *TASK)
    assert app.views.tenures(VISION, [ADA], NOW) == {}


def test_a_new_role_holds_from_then_on(app, vision):
    vision.tell(("workspaces.member.role_changed", {"account_id": ADA, "role": "viewer"}))
    assert not may(app, ADA, "modify", *TASK)

    vision.tell(("workspaces.member.role_changed", {"account_id": ADA, "role": "admin"}))
    rule(app, "task", users=[BOB])
    assert may(app, ADA, "modify", *TASK)


def term(**span):
    return ("workspaces.member.term_set", {"account_id": ADA, "expires_at": later(**span).isoformat()})


def test_a_decision_tells_until_when_it_holds_by_itself(app, vision):
    ahead = term(hours=1)
    vision.tell(ahead)

    assert check(app)["expires_at"] == datetime.fromisoformat(ahead[1]["expires_at"])
    assert check(app, BOB)["expires_at"] is None


@pytest.mark.parametrize(
    ("then", "allowed"),
    [
        ([], False),
        ([joined(ADA)], True),
        ([term(hours=1)], True),
        ([("workspaces.member.term_set", {"account_id": ADA, "expires_at": None})], True),
    ],
    ids=["ended", "came back", "prolonged", "lasting"],
)
def test_a_membership_that_has_ended_by_itself_is_none(app, vision, then, allowed):
    vision.tell(term(hours=-1), *then)

    assert may(app, ADA, "read", *TASK) is allowed


@pytest.mark.parametrize("going", [removed(ADA), LEFT, term(hours=-1)], ids=["removed", "left", "ended"])
def test_whoever_comes_back_has_nothing_of_what_was_given_before(app, vision, going):
    put(app, "task", "42")
    rule(app, *TASK, users=[ADA, BOB])
    rule(app, *TASK, groups=[group(app, "Team", ADA, BOB)])
    assert may(app, ADA, "read", *TASK)

    vision.tell(going, joined(ADA))

    assert not may(app, ADA, "read", *TASK)
    assert may(app, BOB, "read", *TASK)
    assert [row["users"] for row in app.list_rules(VISION, NOW, 50, None)["items"]] == [[BOB], []]
    rule(app, *TASK, users=[ADA])
    assert may(app, ADA, "read", *TASK)


def test_a_late_assignment_from_an_earlier_stay_counts_for_nothing(app, vision):
    put(app, "task", "42")
    made = rule(app, *TASK, users=[BOB])
    late = app.load(Rule, made["id"])
    late.change(replace(late.terms, users={str(ADA): 1}), limit=10, now=NOW)
    vision.tell(removed(ADA), joined(ADA))

    app.save(late)

    assert not may(app, ADA, "read", *TASK)
    assert app.get_rule(VISION, made["id"])["users"] == []


def test_repeats_change_nothing(app):
    sink = ReactionSink(Memberships(app), app.database)
    for _ in range(2):
        sink.apply(events("workspaces", joined(ADA), removed(ADA), joined(ADA), INVITED, workspace_id=VISION))

    assert app.views.tenures(VISION, [ADA], NOW) == {str(ADA): 2}
    assert check(app)["heard"] == 8


def test_membership_is_never_passed_over(app):
    """An event that cannot be applied stops what follows, and is told of, instead of being set aside."""
    told = Told(app)
    told.tell(joined(BOB))

    with pytest.raises(Exception, match="member_not_found"):
        told.tell(removed(ADA))

    assert app.db.all("SELECT * FROM parked_events") == []
    assert app.heard() == told.position


def test_a_question_waits_until_the_membership_the_caller_knows_of_is_known_here(app, vision):
    done = []
    waiting = threading.Thread(target=lambda: (app.hear(vision.position + 2), done.append(may(app, ADA, "read", *TASK))))
    waiting.start()

    vision.tell(removed(ADA))

    waiting.join(timeout=5)
    assert done == [False]


def test_it_does_not_wait_for_ever(app):
    began = time.monotonic()

    with pytest.raises(Unavailable) as refusal:
        app.hear(1_000, patience=0.05)

    assert (refusal.value.code, refusal.value.fields) == ("not_caught_up", {"retry_after": 1})
    assert time.monotonic() - began < 2


@pytest.mark.usefixtures("vision")
def test_a_decision_is_not_older_than_the_position_it_is_asked_for(app):
    put(app, "task", "42")
    position = app.log.max_notification_id()

    assert check(app, at_least=position)["position"] >= position
    with pytest.raises(Unprocessable) as refusal:
        check(app, at_least=position + 1_000)
    assert refusal.value.code == "position_unknown"


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "own"},
        {"resource": {"type": "planet", "id": "1"}},
        {"resource": {"type": "task", "id": ""}},
        {"resource": {"type": "task", "id": "a\0b"}},
        {"resource": {"type": "task"}},
        {"at_least": -1},
        {"at_least": 2**63},
        {"at_least": "1"},
        {"account_id": "ada"},
        {"surprise": 1},
    ],
    ids=str,
)
def test_a_question_that_makes_no_sense_is_refused(wrong):
    sound = {"workspace_id": str(VISION), "account_id": str(ADA), "action": "read", "resource": {"type": "task", "id": "42"}}
    Check().load(sound)

    with pytest.raises(ValidationError):
        Check().load(sound | wrong)
