"""What counts of what is reported, and that it comes out the same in whatever portions and order it comes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from services.billing.application import Billing
from services.billing.domain.allowance import Allowance
from services.billing.domain.usage import LEVELS, QUARTER, Record, UsageReport, amounts, judged, quarter_of
from services.billing.schemas.usage import LARGEST, Span
from services.billing.schemas.usage import record as loaded
from services.chassis.errors import ServiceError
from services.chassis.settings import Settings
from tests.builders.billing import ADA, CONTACT
from tests.builders.usage import AUDIO, GATEWAY, NOON, VISION, plans_file, record, sent

METRICS = {"storage", "api_calls", "gpu_seconds"}
MONTH = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def app(tmp_path: Path) -> Billing:
    return Billing.in_memory(Settings(secret_key="k" * 32, plans_file=plans_file(tmp_path)))


def codes(outcomes: Sequence[str | ServiceError]) -> list[str]:
    return [outcome if isinstance(outcome, str) else outcome.code for outcome in outcomes]


def judge(*records: Record | ServiceError, **known: Record) -> list[str]:
    return codes(judged(records, known, METRICS, MONTH, NOON)[1])


def figures(app: Billing, **more: Any) -> tuple[int, int, dict[str, int]]:
    found = app.usage(VISION, NOON, **more)
    return found["storage"]["used"], found["api_calls"]["used"], found["metrics"]


def test_the_same_record_counts_once_also_within_one_report() -> None:
    assert judge(record(), record()) == ["counted", "repeated"]
    assert judge(record(), r1=record()) == ["repeated"]


@pytest.mark.parametrize("other", [{"quantity": 11}, {"metric": "api_calls"}, {"at": NOON - timedelta(seconds=1)}])
def test_an_id_that_counts_already_takes_no_other_content(other: dict[str, Any]) -> None:
    [outcome] = judged([record(**other)], {"r1": record()}, METRICS, MONTH, NOON)[1]
    assert isinstance(outcome, ServiceError)
    assert (outcome.code, outcome.status) == ("usage_id_taken", 409)


@pytest.mark.parametrize(
    ("bad", "code", "status"),
    [
        ({"metric": "gpus"}, "unknown_metric", 422),
        ({"at": NOON + timedelta(minutes=2)}, "in_the_future", 422),
        ({"at": MONTH - timedelta(microseconds=1)}, "period_closed", 409),
    ],
)
def test_one_that_does_not_count_leaves_its_id_free_and_the_others_alone(bad: dict[str, Any], code: str, status: int) -> None:
    fresh, outcomes = judged([record("a"), record(**bad), record("b"), record()], {}, METRICS, MONTH, NOON)
    assert codes(outcomes) == ["counted", code, "counted", "counted"]
    assert [each.id for each in fresh] == ["a", "b", "r1"]
    assert isinstance(outcomes[1], ServiceError)
    assert outcomes[1].status == status


def test_what_counted_before_its_period_was_closed_is_a_repeat_for_ever() -> None:
    late = record(at=MONTH - timedelta(days=1))
    assert judge(late, r1=late) == ["repeated"]


@pytest.mark.parametrize(
    "bad",
    [
        {"quantity": -1},
        {"quantity": 1e308},
        {"quantity": 1.0},
        {"quantity": LARGEST + 1},
        {"quantity": "10"},
        {"quantity": True},
        {"quantity": None},
        {"id": ""},
        {"id": "x" * 101},
        {"id": 7},
        {"id": "a\x00b"},
        {"at": "yesterday"},
        {"at": "2026-11-20T12:00:00"},
        {"at": "0001-01-01T00:00:00Z"},
        {"at": 1_763_640_000},
        {"metric": None},
        {"more": 1},
    ],
)
def test_a_record_of_another_shape_is_refused_with_its_field(bad: dict[str, Any]) -> None:
    [field] = bad
    refused = loaded(sent(**bad))
    assert isinstance(refused, ServiceError)
    assert (refused.code, list(refused.fields)) == ("invalid_fields", [field])


@pytest.mark.parametrize("raw", [None, 1, [], "record", {}])
def test_what_is_no_record_at_all_is_refused(raw: Any) -> None:
    refused = loaded(raw)
    assert isinstance(refused, ServiceError)
    assert refused.code == "invalid_fields"


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2026-11", ("2026-11-01", "2026-12-01")),
        ("2026-12", ("2026-12-01", "2027-01-01")),
        ("2026-11-05/2026-12-05", ("2026-11-05", "2026-12-05")),
    ],
)
def test_a_period_is_a_month_or_days(text: str, days: tuple[str, str]) -> None:
    assert tuple(map(str, Span().deserialize(text))) == days


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-11-05/2026-11-05", "a/b", "a/b/c", "2026-12-05/2026-11-05", "9999-12"])
def test_anything_else_is_no_period(text: str) -> None:
    with pytest.raises(ValidationError, match=r"month|day"):
        Span().deserialize(text)


@pytest.mark.feature("B-03")
def test_of_storage_the_last_value_counts_and_of_everything_else_the_sum(app: Billing) -> None:
    app.report_usage(
        VISION,
        [
            record("s2", "storage", 300, NOON - timedelta(hours=1)),
            record("s1", "storage", 500, NOON - timedelta(hours=2)),
            record("g1", quantity=10),
            record("g2", quantity=5, at=NOON - timedelta(days=3)),
        ],
        NOON,
    )
    app.count_calls(GATEWAY, 1, NOON, {VISION: 7, AUDIO: 1}, NOON)

    assert figures(app) == (300, 7, {"gpu_seconds": 15})
    shown = app.usage(VISION, NOON)
    assert (shown["storage"]["available"], shown["storage"]["limit"]) == (700, 1000)
    assert (shown["api_calls"]["available"], shown["users"]["limit"]) == (93, 3)


def test_a_count_of_a_gateway_that_is_told_again_counts_once(app: Billing) -> None:
    for sequence in (1, 1, 2, 1):
        app.count_calls(GATEWAY, sequence, NOON, {VISION: 7}, NOON)
    assert figures(app) == (0, 14, {})


def test_calls_of_a_closed_period_count_in_the_open_one(app: Billing) -> None:
    app.start_subscription(VISION, NOON)
    app.count_calls(GATEWAY, 1, NOON - timedelta(days=40), {VISION: 7, AUDIO: 5}, NOON)
    assert figures(app) == (0, 7, {})
    assert app.usage(AUDIO, NOON, period=(MONTH.date() - timedelta(days=31), MONTH.date()))["api_calls"]["used"] == 5


def test_where_nothing_is_sold_months_are_those_of_the_calendar_and_the_last_one_is_open(app: Billing) -> None:
    app = Billing.in_memory(Settings(secret_key="k" * 32, billing_time_zone="Asia/Tokyo", member_limit=9))
    begins = datetime(2026, 10, 1, tzinfo=UTC) - timedelta(hours=9)
    last = [record("a", "storage", 1, begins), record("b", "storage", 1, begins - timedelta(seconds=1))]
    assert codes(app.report_usage(VISION, last, NOON)) == ["counted", "period_closed"]
    shown = app.usage(VISION, NOON)
    assert (shown["period"]["start"], shown["period"]["closed"]) == (datetime(2026, 10, 31, 15, tzinfo=UTC), False)
    assert (shown["storage"]["limit"], shown["users"]["limit"]) == (None, 9)


def told(app: Billing) -> list[tuple[str, str]]:
    events = [app.mapper.to_domain_event(each) for each in app.recorder.select_notifications(1, 1_000)]
    kinds = {Allowance.LimitReached: "reached", Allowance.LimitLifted: "lifted"}
    return [(kinds[type(event)], event.metric) for event in events if type(event) in kinds]


@pytest.mark.feature("B-08")
def test_a_limit_is_told_to_be_reached_once_and_lifted_when_there_is_room_again(app: Billing) -> None:
    app.start_subscription(VISION, NOON)
    for number, stored in enumerate((999, 1_000, 2_000, 900, 900)):
        at = NOON + timedelta(minutes=number)
        app.report_usage(VISION, [record(f"s{number}", "storage", stored, at)], at)
    assert told(app) == [("reached", "storage"), ("lifted", "storage")]

    app.count_calls(GATEWAY, 1, NOON, {VISION: 99}, NOON)
    assert len(told(app)) == 2
    app.count_calls(GATEWAY, 2, NOON, {VISION: 1}, NOON)
    app.count_calls(GATEWAY, 3, NOON, {VISION: 1}, NOON)
    assert told(app)[2:] == [("reached", "api_calls")]
    reached = app.find(Allowance, Allowance.create_id(VISION)).reached["api_calls"]
    assert reached == (100, app.usage(VISION, NOON)["period"]["end"])


@pytest.mark.feature("B-08")
def test_a_plan_with_more_room_lifts_what_was_reached(app: Billing) -> None:
    app.start_subscription(VISION, NOON)
    app.report_usage(VISION, [record("s", "storage", 5_000)], NOON)
    app.put_billing_info(VISION, CONTACT, None)
    app.change_subscription(VISION, ADA, NOON, plan="pro", seats=1)
    for _ in range(2):
        app.judge(VISION, NOON)
    assert told(app) == [("reached", "storage"), ("lifted", "storage")]


def test_without_a_limit_nobody_looks_whether_it_is_reached(app: Billing) -> None:
    app.report_usage(VISION, [record("s", "storage", 10**15)], NOON)
    app.judge(VISION, NOON)
    assert told(app) == []


moments = st.datetimes(MONTH.replace(tzinfo=None), NOON.replace(tzinfo=None), timezones=st.just(UTC))
records = st.builds(Record, st.integers(0, 12).map(str), st.sampled_from(sorted(METRICS)), st.integers(0, LARGEST), moments)


@given(st.lists(st.lists(records, max_size=6), max_size=6))
def test_what_is_kept_of_reports_comes_out_as_the_records_themselves(batches: list[list[Record]]) -> None:
    known: dict[str, Record] = {}
    kept = []
    for batch in batches:
        fresh, _ = judged(batch, known, METRICS, MONTH, NOON)
        kept += amounts(fresh)
    for metric in METRICS - LEVELS:
        assert sum(each.quantity for each in kept if each.metric == metric) == sum(r.quantity for r in known.values() if r.metric == metric)
    for metric in LEVELS:
        measured = [(r.at, r.quantity) for r in known.values() if r.metric == metric]
        assert max(((k.at, k.quantity) for k in kept if k.metric == metric), default=None) == max(measured, default=None)


@given(st.lists(records, max_size=12, unique_by=lambda r: r.id), st.randoms(use_true_random=False), st.integers(1, 4))
def test_order_portions_and_repeats_change_no_figure(sent: list[Record], random: Any, size: int) -> None:
    apps = [Billing.in_memory(Settings(secret_key="k" * 32)) for _ in range(2)]
    for app in apps:
        app.metrics = METRICS
    again = [*sent, *sent]
    random.shuffle(again)
    apps[0].report_usage(VISION, sent, NOON)
    for at in range(0, len(again), size):
        apps[1].report_usage(VISION, again[at : at + size], NOON)
    assert apps[0].usage(VISION, NOON) == apps[1].usage(VISION, NOON)


@given(st.datetimes(MONTH.replace(tzinfo=None), timezones=st.just(UTC)))
def test_a_quarter_of_an_hour_holds_its_moments(at: datetime) -> None:
    assert quarter_of(at) <= at < quarter_of(at) + QUARTER
    assert quarter_of(at).minute % 15 == 0


def test_the_event_tells_how_many_records_it_has() -> None:
    report = UsageReport(workspace_id=VISION, records=[record(id).to_dict() for id in "abc"])
    [event] = report.collect_events()
    assert event.size == 3
