"""Refused attempts, from a gateway's report to entries of the journal."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.audit.application import Audit
from services.audit.projections import Journal
from services.audit.service import SPEC, AuditService
from services.chassis import context, schema, usecase
from services.chassis.context import OPERATOR, CallContext
from services.chassis.errors import Unprocessable
from services.chassis.publiclog import PublicLog
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from services.chassis.sinks import ProjectionSink
from tests.builders.public_events import NOON

VISION = UUID("00000000-0000-4000-8000-000000000001")
ADA = UUID("00000000-0000-4000-8000-00000000000b")
OVER = NOON + timedelta(seconds=65)

FORBIDDEN = {
    "kind": "forbidden",
    "code": "role_insufficient",
    "route": "PATCH /v1/workspaces/<uuid:workspace_id>",
    "ip": "192.0.2.7",
    "account_id": str(ADA),
    "credential_id": str(ADA),
    "workspace_id": str(VISION),
    "count": 1,
}
WRONG = FORBIDDEN | {"kind": "unauthenticated", "code": "session_invalid", "account_id": "", "credential_id": "", "workspace_id": ""}


@pytest.fixture
def app(settings: Settings) -> Iterator[Audit]:
    app = Audit.connect(settings)
    with app.database.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS audit CASCADE")
    schema.create(app.database, SPEC.tables)
    yield app
    app.close()


def call(app: Audit, method: str, payload: dict[str, Any], *, seconds: float = 0, key: str = "") -> Any:
    """As RPC does, so many seconds after noon."""
    service = AuditService()
    service.app, service.clock = app, lambda: NOON + timedelta(seconds=seconds)
    with context.use(CallContext(actor_id="system:gateway", idempotency_key=key)):
        return usecase.run("audit", method, app, payload, getattr(service, method))["data"]


def report(app: Audit, *refusals: dict[str, Any], seconds: float = 0, key: str = "") -> None:
    call(app, "note_refusals", {"refusals": list(refusals)}, seconds=seconds, key=key)


def journal(app: Audit, **query: Any) -> list[dict[str, Any]]:
    """Refused attempts in it, unless told otherwise, once it has heard what the own log says."""
    ProjectionSink(Journal(), app.database).apply(PublicLog(app).after(0, 10_000))
    return call(app, "list_entries", {"type": "audit.attempt.refused"} | query)["items"]


def test_attempts_of_one_minute_at_any_gateway_are_one_entry_by_whoever_made_them(app: Audit) -> None:
    report(app, FORBIDDEN | {"count": 3, "user_agent": "curl/8"}, WRONG)
    report(app, FORBIDDEN | {"count": 4, "user_agent": "another"}, seconds=59)
    app.tidy(OVER - timedelta(seconds=1))
    assert journal(app, everything=True) == []

    app.tidy(OVER)

    [entry] = journal(app, workspace_id=str(VISION))
    assert entry["type"] == "audit.attempt.refused"
    assert (entry["actor"], entry["credential_id"], entry["ip"], entry["user_agent"]) == (str(ADA), str(ADA), "192.0.2.7", "curl/8")
    assert entry["changes"] == {
        "account_id": str(ADA),
        "kind": "forbidden",
        "code": "role_insufficient",
        "route": "PATCH /v1/workspaces/<uuid:workspace_id>",
        "count": 7,
        "since": NOON.isoformat(),
    }
    assert journal(app, account_id=str(ADA)) == [entry]
    assert {each["changes"]["code"] for each in journal(app, everything=True)} == {"session_invalid", "role_insufficient"}


def test_a_table_made_before_it_knew_user_agents_learns_of_them(app: Audit) -> None:
    app.database.run("ALTER TABLE gathered DROP COLUMN user_agent")
    report_before = "INSERT INTO gathered VALUES (%s, 'forbidden', 'x', 'GET /', '', '', '', '', '', 2)"
    app.database.run(report_before, NOON)
    schema.create(app.database, SPEC.tables)
    report(app, WRONG | {"user_agent": "curl/8"})
    app.tidy(OVER)
    assert [(entry["changes"]["count"], entry["user_agent"]) for entry in journal(app, everything=True)] == [(2, None), (1, "curl/8")]


def test_of_nobody_known_there_is_no_actor(app: Audit) -> None:
    report(app, WRONG)
    app.tidy(OVER)

    [entry] = journal(app, everything=True, type="audit.attempt.refused")
    assert (entry["actor"], entry["workspace_id"], entry["credential_id"], entry["ip"]) == (None, None, None, "192.0.2.7")


def test_the_next_minute_has_an_entry_of_its_own(app: Audit) -> None:
    report(app, WRONG, seconds=59)
    report(app, WRONG, seconds=60)
    app.tidy(OVER)
    assert len(journal(app, everything=True)) == 1

    app.tidy(OVER + timedelta(seconds=60))

    assert [entry["changes"]["count"] for entry in journal(app, everything=True)] == [1, 1]


def test_a_report_that_comes_twice_counts_once(app: Audit) -> None:
    for _ in range(2):
        report(app, WRONG | {"count": 5}, key="the-report")
    app.tidy(OVER)

    assert [entry["changes"]["count"] for entry in journal(app, everything=True)] == [5]


def test_workers_that_look_at_once_and_gateways_that_report_at_once_count_each_attempt_once(app: Audit, settings: Settings) -> None:
    kinds = [WRONG | {"ip": f"192.0.2.{number}"} for number in range(250)]
    other = Audit.connect(settings)
    with ThreadPoolExecutor(8) as pool:
        for each in [pool.submit(report, app if number % 2 else other, *kinds[:: 1 if number % 2 else -1]) for number in range(8)]:
            each.result()
        for each in [pool.submit(which.tidy, OVER) for which in (app, other, app, other)]:
            each.result()
    other.close()

    counts = [event.data["count"] for event in PublicLog(app).after(0, 10_000)]
    assert counts == [8] * 250
    assert app.database.all("SELECT * FROM gathered") == []


def test_the_journal_is_rebuilt_with_its_own_entries_among_the_others(app: Audit) -> None:
    report(app, WRONG, FORBIDDEN)
    app.tidy(OVER)
    journal(app, everything=True)
    live = app.database.all("SELECT * FROM journal ORDER BY source, position")

    class Logs:
        def events_after(self, source: str, position: int, limit: int) -> Any:
            return PublicLog(app).after(position, limit) if source == "audit" else []

    Rebuild(app, Journal, Logs()).run()

    assert len(live) == 2
    assert app.database.all("SELECT * FROM journal ORDER BY source, position") == live


def test_who_reads_in_the_journal_is_on_record_once_for_a_while_and_scope(app: Audit) -> None:
    reader = CallContext(actor_id=str(ADA), credential_id="session", ip="192.0.2.9", operator=OPERATOR)
    with context.use(reader):
        for _ in range(3):
            read(app, workspace_id=str(VISION))
        read(app, everything=True)
    app.tidy(OVER)

    found = journal(app, everything=True, type="audit.journal.read")
    assert {(entry["changes"]["scope"], entry["changes"]["count"], entry["workspace_id"]) for entry in found} == {
        ("workspace", 3, str(VISION)),
        ("installation", 1, None),
    }
    assert {(entry["actor"], entry["credential_id"], entry["ip"], entry["operator"]) for entry in found} == {
        (str(ADA), "session", "192.0.2.9", True)
    }


def read(app: Audit, **query: Any) -> None:
    service = AuditService()
    service.app, service.clock = app, lambda: NOON
    service.list_entries(query)


@pytest.mark.parametrize(
    "wrong",
    [{"count": 0}, {"account_id": "ada"}, {"workspace_id": None}, {"route": "x" * 301}, {"ip": "\0"}, {"operator": "yes"}, {"surprise": 1}],
    ids=str,
)
def test_a_report_that_makes_no_sense_is_refused_and_changes_nothing(app: Audit, wrong: dict[str, Any]) -> None:
    with pytest.raises(Unprocessable, match="invalid_fields"):
        report(app, FORBIDDEN, WRONG | wrong)
    assert app.database.all("SELECT * FROM gathered") == []
