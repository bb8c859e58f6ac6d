"""What a plan gives, as billing tells it: twice, late, and while everybody comes at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.chassis import usecase
from services.chassis.errors import LimitExceeded, ServiceError
from services.chassis.sinks import ReactionSink
from services.workspaces.domain import Workspace
from services.workspaces.reactions import Plans
from services.workspaces.service import WorkspacesService
from tests.builders.public_events import events
from tests.builders.workspaces import ADA, ADAS_ADDRESS, NOON, accept, invite, later, topics, vision


def changed(members):
    return "billing.limits.changed", {"members": members, "storage": None, "api_calls": None}


def reached(until=None, metric="storage", limit=1_000):
    return "billing.limit.reached", {"metric": metric, "limit": limit, "until": until and until.isoformat()}


def lifted(metric="storage"):
    return "billing.limit.lifted", {"metric": metric}


def hear(app, workspace_id, *said):
    """In the order of billing's log, twice, the second time all of it anew."""
    told = events("billing", *said, workspace_id=workspace_id)
    for _ in range(2):
        ReactionSink(Plans(app), app.db).apply(told)
    assert app.db.all("SELECT * FROM parked_events") == []


@pytest.mark.feature("B-08")
@pytest.mark.feature("W-13")
def test_the_plans_members_are_the_limit_and_the_refusal_says_how_to_get_more(app):
    shared = vision(app)
    hear(app, shared, changed(5), changed(2))
    invite(app, shared)

    with pytest.raises(LimitExceeded) as refusal:
        invite(app, shared, email="one-more@example.org")

    assert refusal.value.code == "member_limit_reached"
    assert refusal.value.fields == {"limit": 2, "upgrade": f"/v1/workspaces/{shared}/subscription/changes"}
    assert "room for 2" in refusal.value.detail
    assert topics(app).count("workspaces.workspace.limit_set") == 2


def test_an_older_limit_that_comes_late_changes_nothing(app):
    shared = vision(app)
    told = events("billing", changed(2), changed(9), workspace_id=shared)
    sink = ReactionSink(Plans(app), app.db)
    sink.apply(told)
    sink.apply(told[:1])
    assert app.load(Workspace, shared).limit == 9


def test_a_plan_without_a_limit_lifts_that_of_the_installation(app):
    shared = vision(app)
    hear(app, shared, changed(2), changed(None))
    for number in range(5):
        invite(app, shared, email=f"member{number}@example.org")


@pytest.mark.feature("W-13")
def test_invitations_from_before_the_limit_count_as_well(app):
    shared = vision(app)
    first = invite(app, shared)
    invite(app, shared, email="second@example.org")
    hear(app, shared, changed(3))

    with pytest.raises(LimitExceeded):
        invite(app, shared, email="third@example.org")
    app.withdraw_invitation(workspace_id=shared, invitation_id=first["id"])
    assert invite(app, shared, email="fourth@example.org")["status"] == "pending"


@pytest.mark.feature("W-13")
def test_of_fifty_that_accept_at_once_as_many_come_as_the_plan_has_room_for(app):
    shared = vision(app)
    emails = [f"member{number}@example.org" for number in range(50)]
    invitations = [invite(app, shared, email=email) for email in emails]
    hear(app, shared, changed(10))

    def call(number):
        try:
            run = lambda _: {"role": accept(app, invitations[number], uuid4(), emails[number])["role"]}  # noqa: E731
            return usecase.run("workspaces", "call", app, {}, run)["data"]["role"]
        except ServiceError as refusal:
            return refusal.code

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(call, range(50)))
    assert sorted(answers) == ["editor"] * 9 + ["member_limit_reached"] * 41
    assert app.load(Workspace, shared).member_count(NOON) == 10


@pytest.mark.feature("B-08")
def test_a_limit_that_is_reached_keeps_anything_new_from_being_begun_until_it_is_over(app):
    shared, end = vision(app), later(days=10)
    hear(app, shared, reached(end, "api_calls", 100))

    found = app.growth(shared, NOON)
    assert found["until"] == end
    assert (found["refusal"].code, found["refusal"].fields["limit"]) == ("api_calls_limit_reached", 100)
    assert found["refusal"].fields["upgrade"] == f"/v1/workspaces/{shared}/subscription/changes"
    assert app.growth(shared, end) == {"refusal": None, "until": None}
    # Nobody else minds.
    accept(app, invite(app, shared), ADA, ADAS_ADDRESS)


def test_a_limit_is_lifted_and_told_in_events_once(app):
    shared = vision(app)
    hear(app, shared, reached(), lifted())
    assert app.growth(shared, NOON)["refusal"] is None
    hear(app, shared)
    assert [topic for topic in topics(app) if "limit_" in topic] == [
        "workspaces.workspace.limit_reached",
        "workspaces.workspace.limit_lifted",
    ]


def test_what_is_told_of_a_workspace_that_is_gone_holds_nothing_up(app):
    shared = vision(app)
    app.delete_workspace(shared)
    hear(app, shared, changed(2), reached(), lifted())
    hear(app, UUID(int=7))


def test_limits_outlast_a_snapshot(app):
    shared, end = vision(app), NOON + timedelta(days=1)
    hear(app, shared, changed(200), reached(end, "api_calls", 5), reached())
    for number in range(60):
        app.change_workspace(workspace_id=shared, name=f"Name {number}", now=NOON)
    assert app.load(Workspace, shared).reached == {"api_calls": [5, end], "storage": [1_000, None]}
    assert app.growth(shared, later(days=2))["refusal"].code == "storage_limit_reached"


def test_the_answer_for_gateways_is_plain(app):
    shared = vision(app)
    service = WorkspacesService()
    service.app, service.clock = app, lambda: NOON
    assert service.growth({"workspace_id": str(shared)}) == {"refusal": None, "until": None}
    hear(app, shared, reached())
    told = service.growth({"workspace_id": str(shared)})
    assert told["refusal"]["code"] == "storage_limit_reached"
    assert told["refusal"]["fields"]["limit"] == 1_000
