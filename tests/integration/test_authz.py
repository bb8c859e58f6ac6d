"""Decisions by what the bus has told so far."""

import threading
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from marshmallow import ValidationError

from services.authz.application import Authz
from services.authz.projections import MembersOfWorkspaces
from services.authz.schemas import Check
from services.authz.service import SPEC
from services.chassis import schema
from services.chassis.errors import Unavailable
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from services.chassis.sinks import ProjectionSink
from tests.builders.public_events import events

VISION = UUID("00000000-0000-4000-8000-000000000001")
OTHER = UUID("00000000-0000-4000-8000-000000000002")
GRACE = UUID("00000000-0000-4000-8000-00000000000a")
ADA = UUID("00000000-0000-4000-8000-00000000000b")
TASK = {"type": "task", "id": "42"}

JOINED = ("workspaces.member.joined", {"account_id": ADA, "role": "editor"})
REMOVED = ("workspaces.member.removed", {"account_id": ADA})
LEFT = ("workspaces.member.left", {"account_id": ADA})
DELETED = ("workspaces.workspace.deleted", {})
INVITED = ("workspaces.member.invited", {"role": "editor"})
DEMOTED = ("workspaces.member.role_changed", {"account_id": ADA, "role": "viewer"})


@pytest.fixture
def app(settings: Settings):
    app = Authz.connect(settings)
    with app.db.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS authz CASCADE")
    schema.create(app.db, SPEC.tables)
    yield app
    app.close()


def hear(app, *said):
    heard = events("workspaces", *said, workspace_id=VISION)
    ProjectionSink(MembersOfWorkspaces(), app.db).apply(heard)
    return heard[-1].position


def check(app, account_id=ADA, workspace_id=VISION, **more):
    return app.check(workspace_id=workspace_id, account_id=account_id, action="read", resource=TASK, **more)


def test_members_may_and_others_may_not(app):
    position = hear(app, JOINED)

    assert check(app) == {"allowed": True, "expires_at": None, "position": position}
    assert check(app, GRACE) == {"allowed": False, "expires_at": None, "position": position}
    assert check(app, workspace_id=OTHER) == {"allowed": False, "expires_at": None, "position": position}


def test_before_anything_was_heard_nobody_may(app):
    assert check(app) == {"allowed": False, "expires_at": None, "position": 0}


@pytest.mark.parametrize("ending", [REMOVED, LEFT, DELETED], ids=lambda said: said[0])
def test_whoever_is_no_member_any_more_may_no_longer(app, ending):
    hear(app, JOINED, ending)

    assert check(app)["allowed"] is False


def term(**span):
    return ("workspaces.member.term_set", {"account_id": ADA, "expires_at": (datetime.now(UTC) + timedelta(**span)).isoformat()})


def test_a_decision_tells_until_when_it_holds_by_itself(app):
    ahead = term(hours=1)

    position = hear(app, JOINED, ahead)

    assert check(app) == {"allowed": True, "expires_at": datetime.fromisoformat(ahead[1]["expires_at"]), "position": position}


@pytest.mark.parametrize(
    ("said", "allowed"),
    [([term(hours=-1)], False), ([term(hours=-1), JOINED], True), ([term(hours=-1), term(hours=1)], True)],
    ids=["ended", "came back", "prolonged"],
)
def test_a_membership_that_has_ended_by_itself_is_none(app, said, allowed):
    hear(app, JOINED, *said)

    assert check(app)["allowed"] is allowed


def test_whoever_comes_back_may_again(app):
    hear(app, JOINED, REMOVED, JOINED)

    assert check(app)["allowed"] is True


def test_the_position_moves_with_events_that_change_nothing_here(app):
    position = hear(app, JOINED, INVITED)

    assert check(app, at_least=position)["position"] == position


def test_a_decision_waits_until_it_knows_what_the_caller_knows(app):
    position = hear(app, JOINED)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(check(app, at_least=position + 2)))
    waiting.start()

    hear(app, JOINED, REMOVED)

    waiting.join(timeout=5)
    assert answers == [{"allowed": False, "expires_at": None, "position": position + 2}]


def test_a_decision_does_not_wait_for_ever(app):
    hear(app, JOINED)
    began = time.monotonic()

    with pytest.raises(Unavailable) as refusal:
        check(app, at_least=1_000, patience=0.05)

    assert (refusal.value.code, refusal.value.fields) == ("not_caught_up", {"retry_after": 1})
    assert time.monotonic() - began < 2


def test_a_rebuilt_view_equals_the_live_one_row_for_row(app):
    said = (JOINED, REMOVED, JOINED, DEMOTED, ("workspaces.member.joined", {"account_id": GRACE, "role": "admin"}))
    position = hear(app, *said)
    live = app.db.all("SELECT * FROM members ORDER BY account_id")
    assert [row["role"] for row in live] == ["admin", "viewer"]

    Rebuild(app, MembersOfWorkspaces, _Log(said)).run()

    assert app.db.all("SELECT * FROM members ORDER BY account_id") == live
    assert check(app)["position"] == position


class _Log:
    """Of workspaces."""

    def __init__(self, said):
        self._events = events("workspaces", *said, workspace_id=VISION)

    def events_after(self, source, position, limit):
        return [event for event in self._events if event.position > position][:limit]


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "own"},
        {"resource": {"type": "planet", "id": "1"}},
        {"resource": {"type": "task", "id": ""}},
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
    sound = {"workspace_id": str(VISION), "account_id": str(ADA), "action": "read", "resource": TASK}
    Check().load(sound)

    with pytest.raises(ValidationError):
        Check().load(sound | wrong)
