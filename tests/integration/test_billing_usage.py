"""Usage over a real PostgreSQL: figures equal a recount, also when many report at once and while periods are closed."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.billing.application import Billing
from services.billing.domain.usage import Record
from services.billing.projections.usage import Usage
from services.billing.service import SPEC, BillingService
from services.chassis import schema, usecase
from services.chassis.errors import ServiceError
from services.chassis.publiclog import PublicLog
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from services.chassis.sinks import ProjectionSink
from tests.builders.public_events import events
from tests.builders.usage import AUDIO, GATEWAY, NOON, VISION, plans_file, record, sent


@pytest.fixture(scope="module")
def made(database_url: str, tmp_path_factory: pytest.TempPathFactory):
    app = Billing.connect(
        Settings(
            database_url=database_url,
            amqp_url="none",
            secret_key="k" * 32,
            pool_size=40,
            plans_file=plans_file(tmp_path_factory.mktemp("plans")),
        )
    )
    schema.create(app.db, SPEC.tables)
    yield app
    app.close()


@pytest.fixture
def app(made: Billing):
    """Which knows two workspaces and nothing about them."""
    for table in ("stored_events", "usage", "usage_records", "subscriptions", "heads", "workspaces", "positions"):
        made.db.run(f"DELETE FROM {table}")
    hear(made, *((VISION, "created"), (AUDIO, "created")))
    return made


@pytest.fixture
def service(app: Billing) -> BillingService:
    service = BillingService()
    service.app, service.clock = app, lambda: NOON
    return service


def hear(app: Billing, *said: tuple[UUID, str]) -> None:
    sink = ProjectionSink(SPEC.bus[0](), app.db)
    told = [event for id, what in said for event in events("workspaces", (f"workspaces.workspace.{what}", {}), workspace_id=id)]
    for number, event in enumerate(told, start=1):
        object.__setattr__(event, "position", number)
        object.__setattr__(event, "previous", number - 1)
    sink.apply(told)


def report(service: BillingService, *records: Any, workspace_id: UUID = VISION) -> dict[str, Any]:
    return service.report_usage({"workspace_id": str(workspace_id), "records": list(records)})


def in_parallel(app: Billing, functions: list[Any]) -> list[Any]:
    def call(function: Any) -> Any:
        try:
            return usecase.run("billing", "call", app, {}, lambda _: {"answer": function()})["data"]["answer"]
        except ServiceError as refusal:
            return refusal.code

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(call, functions))


def recounted(app: Billing, workspace_id: UUID = VISION) -> dict[str, int]:
    period = app.usage(workspace_id, NOON)["period"]
    return app.tally().figures(workspace_id, period["start"], period["end"])


def shown(app: Billing, workspace_id: UUID = VISION) -> dict[str, int]:
    found = app.usage(workspace_id, NOON)
    figures = {"storage": found["storage"]["used"], "api_calls": found["api_calls"]["used"], **found["metrics"]}
    return {metric: quantity for metric, quantity in figures.items() if quantity}


@pytest.mark.feature("B-03")
def test_one_bad_record_is_named_and_the_others_count(service: BillingService) -> None:
    answer = report(
        service,
        sent("a"),
        sent("b", quantity=-1),
        sent("c", quantity=1e308),
        sent("d", metric="unheard_of"),
        sent("e", at=(NOON + timedelta(days=1)).isoformat()),
        sent("f", at=(NOON - timedelta(days=90)).isoformat()),
        sent("a", quantity=11),
        sent("a"),
        "nonsense",
        sent("g", "storage", 500),
    )
    assert (answer["counted"], answer["repeated"]) == (2, 1)
    assert [(refused["index"], refused["id"], refused["status"], refused["code"]) for refused in answer["refused"]] == [
        (1, "b", 422, "invalid_fields"),
        (2, "c", 422, "invalid_fields"),
        (3, "d", 422, "unknown_metric"),
        (4, "e", 422, "in_the_future"),
        (5, "f", 409, "period_closed"),
        (6, "a", 409, "usage_id_taken"),
        (8, None, 422, "invalid_fields"),
    ]
    assert shown(service.app) == recounted(service.app) == {"gpu_seconds": 10, "storage": 500}


def test_a_report_that_comes_again_leaves_no_event(service: BillingService) -> None:
    batch = [sent(str(number)) for number in range(1_000)]
    assert report(service, *batch) == {"counted": 1_000, "repeated": 0, "refused": []}
    assert report(service, *batch) == {"counted": 0, "repeated": 1_000, "refused": []}
    [event] = PublicLog(service.app).after(0, 10)
    assert (event.type, event.workspace_id, event.data["records"]) == ("billing.usage.reported", str(VISION), 1_000)


@pytest.mark.parametrize("records", [[], [sent()] * 1_001, "records", None])
def test_a_batch_has_one_to_a_thousand_records(service: BillingService, records: Any) -> None:
    with pytest.raises(ServiceError) as refusal:
        usecase.run("billing", "report_usage", service.app, {"workspace_id": str(VISION), "records": records}, service.report_usage)
    assert refusal.value.status == 422


def test_of_a_workspace_that_nobody_knows_nothing_is_taken(service: BillingService) -> None:
    with pytest.raises(ServiceError) as refusal:
        report(service, sent(), workspace_id=uuid4())
    assert (refusal.value.code, recounted(service.app)) == ("workspace_not_found", {})


def test_the_same_id_in_two_workspaces_is_two_records(service: BillingService) -> None:
    for workspace_id, quantity in ((VISION, 1), (AUDIO, 2)):
        assert report(service, sent(quantity=quantity), workspace_id=workspace_id)["counted"] == 1
    assert (shown(service.app), shown(service.app, AUDIO)) == ({"gpu_seconds": 1}, {"gpu_seconds": 2})


@pytest.fixture
def together(app: Billing) -> Iterator[None]:
    """Two that may know the same before either has written do so, if anything lets them."""
    know, both = app._known, threading.Barrier(2)

    def knowing(*asked: Any) -> Any:
        known = know(*asked)
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=0.5)
        return known

    app._known = knowing
    yield
    del app._known


@pytest.mark.usefixtures("together")
def test_many_that_report_the_same_at_once_make_it_count_once(app: Billing) -> None:
    batches = [[record(str(id), quantity=1 + id) for id in range(first, first + 20)] for first in (0, 10, 0, 5, 0, 10, 0, 5)]
    answers = in_parallel(app, [lambda batch=batch: app.report_usage(VISION, batch, NOON) for batch in batches])
    assert sum(answer.count("counted") for answer in answers) == 30
    assert shown(app) == recounted(app) == {"gpu_seconds": sum(range(1, 31))}


@pytest.mark.usefixtures("together")
def test_of_two_quantities_under_one_id_one_counts(app: Billing) -> None:
    answers = in_parallel(app, [lambda q=q: app.report_usage(VISION, [record(quantity=q)], NOON) for q in range(1, 9)])
    said = [answer if isinstance(answer, str) else answer.code for [answer] in answers]
    assert sorted(said) == ["counted"] + ["usage_id_taken"] * 7
    assert shown(app) == recounted(app)


def test_a_gateways_count_that_is_told_many_times_at_once_counts_once(app: Billing) -> None:
    in_parallel(app, [lambda: app.count_calls(GATEWAY, 1, NOON, {VISION: 3, AUDIO: 4}, NOON)] * 8)
    assert (shown(app), shown(app, AUDIO)) == ({"api_calls": 3}, {"api_calls": 4})
    assert recounted(app) == {"api_calls": 3}


batches = st.lists(
    st.tuples(
        st.booleans(),
        st.lists(
            st.builds(
                Record,
                st.integers(0, 15).map(str),
                st.sampled_from(("storage", "api_calls", "gpu_seconds")),
                st.integers(0, 2**53),
                st.integers(-40, 0).map(lambda hours: NOON + timedelta(hours=hours, minutes=7)),
            ),
            max_size=8,
        ),
    ),
    max_size=8,
)


@pytest.mark.feature("B-03")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches)
def test_figures_equal_a_recount_from_the_log(app: Billing, batches: list[tuple[bool, list[Record]]]) -> None:
    workspace_id = uuid4()
    app.start_subscription(workspace_id, NOON - timedelta(days=1))
    app.heads.db.run("INSERT INTO workspaces (id) VALUES (%s)", workspace_id)
    for number, (calls, batch) in enumerate(batches):
        if calls:
            app.count_calls(uuid4(), number + 1, NOON - timedelta(hours=number), {workspace_id: 5}, NOON)
        app.report_usage(workspace_id, batch, NOON)
    counted = recounted(app, workspace_id)
    assert shown(app, workspace_id) == {metric: quantity for metric, quantity in counted.items() if quantity}
    [period] = [app.find_subscription(workspace_id).period]
    assert {used.metric: used.quantity for used in app.used([(workspace_id, period)]).get(workspace_id, [])} == counted


def test_the_rows_equal_those_of_a_rebuild(app: Billing) -> None:
    app.report_usage(VISION, [record(str(n), metric, n, NOON - timedelta(minutes=n)) for n in range(9) for metric in ("storage",)], NOON)
    app.report_usage(VISION, [record("x"), record("y")], NOON)
    app.count_calls(GATEWAY, 1, NOON, {VISION: 3, AUDIO: 4}, NOON)
    live = rows(app)
    Rebuild(app, Usage, None).run()
    assert rows(app) == live


def rows(app: Billing) -> list[list[str]]:
    return [[r["row"] for r in app.db.all(f"SELECT t::text AS row FROM {t} t ORDER BY 1")] for t in ("usage", "usage_records")]


@pytest.mark.feature("B-03")
def test_a_figure_names_the_events_it_consists_of(service: BillingService) -> None:
    service.app.start_subscription(VISION, NOON)
    report(service, sent("a"), sent("b", quantity=5))
    report(service, sent("c", quantity=7))
    page = service.usage_reports({"workspace_id": str(VISION), "metric": "gpu_seconds", "limit": 1})
    rest = service.usage_reports({"workspace_id": str(VISION), "metric": "gpu_seconds", "cursor": page["next_cursor"]})
    items = [*page["items"], *rest["items"]]
    log = {f"{event.originator_id}:{event.originator_version}" for event in map(app_event(service.app), selected(service.app))}
    assert sorted(item["quantity"] for item in items) == [7, 15]
    assert {item["event"] for item in items} <= log
    [used] = service.app.used([(VISION, service.app.find_subscription(VISION).period)])[VISION]
    [place] = used.sources
    assert place == f"/v1/workspaces/{VISION}/usage/reports?metric=gpu_seconds&period=2026-11-20/2026-12-20"


def app_event(app: Billing) -> Any:
    return app.mapper.to_domain_event


def selected(app: Billing) -> Any:
    return app.recorder.select_notifications(1, 1_000)


def test_no_report_comes_between_the_sum_of_a_period_and_its_invoice(app: Billing) -> None:
    """Closed while twenty report for it: each record is in the figure of the closed period, or was refused."""
    app.start_subscription(VISION, NOON)
    [period] = [app.find_subscription(VISION).period]
    over = period.ends_at + timedelta(seconds=1)

    def close() -> Any:
        return {used.metric: used.quantity for used in closing(app, over)}

    def reporting(number: int) -> Any:
        return app.report_usage(VISION, [record(str(number), quantity=1)], over)

    *answers, billed = in_parallel(app, [*(lambda n=n: reporting(n) for n in range(20)), close])
    counted = sum(answer == ["counted"] for answer in answers)
    assert billed.get("gpu_seconds", 0) == counted
    assert app.tally().figures(VISION, period.begins_at, period.ends_at).get("gpu_seconds", 0) == counted


def closing(app: Billing, now: Any) -> Any:
    """What is billed, as the closing of periods asks for it."""
    found: list[Any] = []
    ask = app.used

    def spying(asked: Any) -> Any:
        answer = ask(asked)
        found.extend(used for each in answer.values() for used in each)
        return answer

    app.used = spying
    try:
        app.close_due(now)
    finally:
        del app.used
    return found


def test_members_and_pending_invitations_are_told_apart(app: Billing) -> None:
    app.db.run("INSERT INTO heads (workspace_id, holder_id, pending, until) VALUES (%s, %s, false, NULL)", VISION, uuid4())
    app.db.run("INSERT INTO heads (workspace_id, holder_id, pending, until) VALUES (%s, %s, true, NULL)", VISION, uuid4())
    app.start_subscription(VISION, NOON)
    assert app.usage(VISION, NOON)["users"] == {"used": 1, "limit": 3, "available": 1, "pending": 1}
