"""Live updates: one record a run, whatever order and however often reports come."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from marshmallow import ValidationError

from services.chassis import schema
from services.chassis.errors import LimitExceeded, PermissionDenied
from services.chassis.settings import Settings
from services.chassis.sinks import ProjectionSink
from services.experiments.application import Experiments
from services.experiments.projections import Closings
from services.experiments.reactions import Endings
from services.experiments.service import SPEC, ExperimentsService
from tests.builders.public_events import events
from tests.builders.workspaces import ADA, NOON

VISION = UUID("00000000-0000-4000-8000-000000000001")
SHA = "9b" * 20


@pytest.fixture
def service(database_url: str):
    limits = {"experiments_kept": 3, "experiment_bytes": 200, "experiment_days": 10}
    app = Experiments.connect(Settings(database_url=database_url, amqp_url="none", secret_key="k" * 32, **limits))
    with app.db.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS experiments CASCADE")
    schema.create(app.db, SPEC.tables)
    service = ExperimentsService()
    service.app, service.clock = app, lambda: NOON
    yield service
    app.close()


def report(service, kind, workspace_id=VISION, **more):
    whose = {"workspace_id": str(workspace_id), "account_id": str(ADA)}
    run = {"repo_url": "git@git.example:acme/churn.git", "baseline_sha": SHA, "name": "vocal-imp", "client": "dvclive"}
    return service.report({**whose, **run, "type": kind, **more})["id"]


def known(service, workspace_id=VISION):
    return service.list_experiments({"workspace_id": str(workspace_id)})["items"]


def loss(value):
    return {"dvclive/metrics.json": {"data": {"loss": value}}}


def test_a_run_is_one_record_from_start_to_done(service):
    report(service, "start", message="try")
    report(service, "data", step=0, params={"params.yaml": {"lr": 0.1}}, metrics=loss(0.5))
    report(service, "data", step=1, metrics=loss(0.25))
    assert [(e["status"], e["step"]) for e in known(service)] == [("running", 1)]
    report(service, "done", experiment_rev="ab" * 20)
    [found] = known(service)
    assert (found["status"], found["message"], found["experiment_rev"]) == ("done", "try", "ab" * 20)
    assert (found["params"], found["metrics"]) == ({"params.yaml": {"lr": 0.1}}, loss(0.25))
    assert found["reported_by"] == str(ADA)


def test_repeats_and_late_reports_change_nothing(service):
    for _ in range(2):
        report(service, "start")
        report(service, "data", step=2, metrics=loss(0.1))
        report(service, "data", step=2)
        report(service, "data", step=1, metrics=loss(0.9))
    for _ in range(2):
        report(service, "done")
    report(service, "data", step=2, metrics=loss(0.1))
    [found] = known(service)
    assert (found["status"], found["step"], found["metrics"]) == ("done", 2, loss(0.1))


def test_what_clients_may_add_later_is_left_out(service):
    report(service, "data", step=1, machine={"cpu": 1}, plots={"p": {"image": "xxx"}}, props={})
    assert known(service)[0]["step"] == 1


@pytest.mark.parametrize("value", [{"f": "x" * 300}, {"f": {"a": {"b": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}}}])
def test_what_is_too_large_or_too_deep_is_left_out_and_told(service, value):
    report(service, "data", step=1, params={"f": 1}, metrics=value)
    [found] = known(service)
    assert (found["params"], found["metrics"], found["truncated"]) == ({"f": 1}, {}, True)


def test_many_small_reports_do_not_make_a_large_record(service):
    for step in range(20):
        report(service, "data", step=step, metrics={f"{step}.json": {"data": {"loss": "x" * 40}}})
    assert len(str(known(service)[0]["metrics"])) < 400


def test_the_most_silent_run_goes_when_there_are_too_many(service):
    for minute, name in enumerate(("a", "b", "c", "d")):
        service.clock = lambda minute=minute: NOON + timedelta(minutes=minute)
        report(service, "start", name=name)
    assert [e["name"] for e in known(service)] == ["d", "c", "b"]


@pytest.mark.feature("B-08")
def test_without_room_no_run_begins_and_those_that_run_go_on(service):
    full = {"code": "storage_limit_reached", "detail": "change the plan", "fields": {"limit": 5}}
    report(service, "start")
    with pytest.raises(LimitExceeded) as refusal:
        report(service, "start", name="new", no_room=full)
    assert (refusal.value.code, refusal.value.fields) == ("storage_limit_reached", {"limit": 5})
    report(service, "data", step=1, metrics=loss(0.5), no_room=full)
    report(service, "done", no_room=full)
    assert [(e["name"], e["status"], e["step"]) for e in known(service)] == [("vocal-imp", "done", 1)]


def test_silence_makes_a_run_stale_and_then_forgotten(service):
    report(service, "start")
    service.clock = lambda: NOON + timedelta(hours=1)
    assert known(service)[0]["status"] == "stale"
    service.clock = lambda: NOON + timedelta(days=10)
    assert known(service) == []
    service.app.tidy(NOON + timedelta(days=10))
    assert service.app.database.all("SELECT id FROM experiments") == []


def test_workspaces_do_not_see_one_another(service):
    report(service, "start")
    other = uuid4()
    report(service, "start", other)
    assert known(service)[0]["id"] != known(service, other)[0]["id"]


@pytest.mark.parametrize("address", ["https://ada:secret@git.example/churn.git", "https://secret@git.example/churn.git"])
def test_a_token_in_the_address_of_a_repository_is_not_kept(service, address):
    report(service, "start", repo_url=address)
    assert known(service)[0]["repo_url"] == "https://git.example/churn.git"


def test_pushes_mark_runs_and_unknown_ones_appear(service):
    report(service, "done")
    whose = {"workspace_id": str(VISION), "account_id": str(ADA), "repo_url": "git@git.example:acme/churn.git"}
    refs = [f"refs/exps/{SHA[:2]}/{SHA[2:]}/{name}" for name in ("vocal-imp", "other")]
    service.pushes({**whose, "pushed": [*refs, "refs/heads/main", "x"]})
    found = service.of_commits({**whose, "commits": [SHA]})["items"]
    assert {(run["name"], run["pushed"]) for run in found} == {("vocal-imp", True), ("other", True)}
    service.pushes({**whose, "removed": refs[:1]})
    found = service.of_commits({**whose, "commits": [SHA]})["items"]
    assert {(run["name"], run["pushed"]) for run in found} == {("vocal-imp", False), ("other", True)}


def test_what_is_gone_takes_its_records_along(service):
    report(service, "start")
    endings = Endings(service.app)
    for event in events("identity", ("identity.account.erased", {"account_id": ADA, "address_ids": []})):
        endings.react(event)
    assert known(service)[0]["reported_by"] is None
    for event in events("workspaces", ("workspaces.workspace.deleted", {}), workspace_id=VISION):
        endings.react(event)
    assert known(service) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "stop"},
        {"type": "data", "baseline_sha": "HEAD"},
        {"type": "data", "name": ""},
        {"type": "data", "name": "a\0"},
        {"type": "data", "step": -1},
        {"type": "data", "step": "1"},
        {"type": "data", "step": 2**70},
        {"type": "data", "metrics": []},
        {"type": "data", "client": "curl"},
        {"type": "data", "workspace_id": "1"},
    ],
)
def test_wrong_reports_are_refused(service, wrong):
    with pytest.raises(ValidationError):
        report(service, wrong.pop("type"), **wrong)
    assert known(service) == []


@pytest.mark.feature("B-06")
def test_runs_of_a_workspace_that_has_not_paid_are_closed_until_it_has(service):
    report(service, "start")
    pushed = {"workspace_id": str(VISION), "account_id": str(ADA), "repo_url": "git@git.example:acme/churn.git"}
    sink = ProjectionSink(Closings(), service.app.db)
    story = [("billing.subscription.closed", {}), ("billing.subscription.reopened", {})]
    sink.apply(events("billing", *story[:1], workspace_id=VISION))
    for call in (
        lambda: report(service, "data", step=1),
        lambda: known(service),
        lambda: service.pushes({**pushed, "pushed": [], "removed": []}),
        lambda: service.of_commits({**pushed, "commits": [SHA]}),
    ):
        with pytest.raises(PermissionDenied, match="payment_required"):
            call()
    assert known(service, uuid4()) == []
    sink.apply(events("billing", *story, workspace_id=VISION))
    report(service, "data", step=1)
    assert [run["step"] for run in known(service)] == [1]
