"""Billing over a real database: closed by a worker that may be killed anywhere, recounted from the log, mailed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.billing.application import Billing
from services.billing.domain import Invoice, Subscription
from services.billing.domain.usage import Record
from services.billing.projections import OWN, Heads
from services.billing.reactions import Mails, Workspaces
from services.billing.service import SPEC, BillingService
from services.chassis import schema, usecase
from services.chassis.database import Database
from services.chassis.errors import Conflict, NotFound, PreconditionFailed
from services.chassis.publiclog import PublicLog
from services.chassis.rebuild import Rebuild
from services.chassis.settings import SettingError, Settings
from services.chassis.sinks import ProjectionSink
from tests.builders.billing import ADA, AUDIO, CONTACT, NOON, TERMS, VISION, buy, invoices, plans_file, version
from tests.builders.public_events import events
from tests.kit.ledger import rows
from tests.kit.processes import ROOT

KILLED = -9
MAY = datetime.fromisoformat("2026-05-01T00:00Z")


@pytest.fixture
def said(database_url: str, tmp_path: Path) -> dict[str, Any]:
    """Settings of a billing in which nothing was sold yet."""
    db = Database(database_url, "billing")
    with db.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS billing CASCADE")
    schema.create(db, SPEC.tables)
    return {"database_url": database_url, "amqp_url": "none", "secret_key": "k" * 32, "plans_file": plans_file(tmp_path)}


@pytest.fixture
def app(said: dict[str, Any], tmp_path: Path) -> Iterator[Billing]:
    app = Billing.connect(Settings(**said, state=tmp_path))
    yield app
    app.close()


def hear(app: Billing, *told: tuple[str, dict[str, Any]], whose: UUID = VISION) -> None:
    """From workspaces, whose events count on."""
    sink = ProjectionSink(Heads(), app.database)
    known = sink.positions().get("workspaces", 0) // 2
    blank = [("workspaces.workspace.renamed", {"name": "x"})] * known
    sink.apply(events("workspaces", *blank, *told, workspace_id=whose)[known:])


def topics(app: Billing, whose: UUID = VISION) -> list[str]:
    found = [event for event in PublicLog(app).after(0, 1000) if event.workspace_id == str(whose)]
    return [event.type.removeprefix("billing.") for event in found]


@pytest.mark.feature("B-07")
@pytest.mark.parametrize("point", ["billing.closing.counted", "billing.closing.billed", "store.appended", "billing.closing.saved"])
def test_a_worker_killed_at_any_step_of_closing_leaves_one_invoice_with_the_same_bytes(
    app: Billing, said: dict[str, Any], point: str, untroubled: bytes
) -> None:
    _sell(app)
    words = [sys.executable, "-m", "tests.kit.close_due", json.dumps(said), (MAY + timedelta(hours=3)).isoformat()]
    killed = subprocess.run(words, cwd=ROOT, env={"GATEHOUSE_CRASH_AT": point, "PATH": ""}, capture_output=True, text=True, timeout=60)
    assert killed.returncode == KILLED, killed.stderr
    for later in (1, 20):
        app.close_due(MAY + timedelta(days=later))
    assert [invoice.total for invoice in invoices(app)] == [6_000, 6_020]
    assert app.printed(invoices(app)[1], "pdf") == untroubled
    assert app.recount().differences == []


@pytest.fixture(scope="module")
def untroubled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """As it is printed where nobody is killed: of a billing in memory, at another time."""
    from tests.builders.billing import billing

    app = billing(tmp_path_factory.mktemp("untroubled"))
    _sell(app)
    app.current(VISION, MAY)
    return app.printed(invoices(app)[1], "pdf")


def _sell(app: Billing) -> None:
    if app.db:
        hear(app, ("workspaces.workspace.created", {"name": "Vision", "slug": "vision", "personal": False}))
    buy(app, seats=2)
    app.report_usage(VISION, [Record("r1", "api_calls", 1_200, NOON)], NOON + timedelta(hours=1))


@pytest.mark.feature("B-01", "B-02", "W-14")
def test_a_year_of_a_worker_that_comes_too_often(app: Billing) -> None:
    made = ("workspaces.workspace.created", {"name": "Vision", "slug": "vision", "personal": False})
    joined = [("workspaces.member.joined", {"account_id": uuid4(), "role": "admin", "invitation_id": None, "groups": []}) for _ in range(2)]
    hear(app, made, *joined)
    app.tidy(NOON)
    app.tidy(NOON)
    assert topics(app) == ["subscription.started", "limits.changed"]
    buy(app, seats=2)
    for day in range(365):
        app.tidy(NOON + timedelta(days=day))
        for row in app.invoices.open():
            app.record_payment(row["number"], NOON + timedelta(days=day), "wire")
    assert [invoice.total for invoice in invoices(app)] == [6_000] * 12
    told = topics(app)
    assert (told.count("subscription.renewed"), told.count("renewal.announced"), told.count("invoice.paid")) == (11, 12, 12)


def test_seats_in_use_are_members_and_pending_invitations_as_workspaces_tell_of_them(app: Billing) -> None:
    ada, guest, gone = uuid4(), uuid4(), uuid4()
    until, over = (NOON + timedelta(days=3)).isoformat(), (NOON - timedelta(days=1)).isoformat()
    invited = {"address_id": uuid4(), "role": "viewer", "round": 1}
    hear(app, ("workspaces.workspace.created", {"name": "V", "slug": "v", "personal": False}))
    hear(app, ("workspaces.member.joined", {"account_id": ada, "role": "admin", "invitation_id": None, "groups": []}))
    hear(app, ("workspaces.member.invited", {"invitation_id": guest, "expires_at": until, **invited}))
    hear(app, ("workspaces.member.invited", {"invitation_id": gone, "expires_at": over, **invited}))
    assert app.heads.taken(VISION, NOON) == 2
    hear(app, ("workspaces.member.joined", {"account_id": uuid4(), "role": "viewer", "invitation_id": guest, "groups": []}))
    assert app.heads.taken(VISION, NOON) == 2
    hear(app, ("workspaces.member.term_set", {"account_id": ada, "expires_at": until}))
    assert app.heads.taken(VISION, NOON + timedelta(days=4)) == 1
    with pytest.raises(Conflict, match="seats_below_use") as refusal:
        buy(app, seats=1)
    assert refusal.value.fields == {"seats_used": 2}


@pytest.mark.feature("B-02")
def test_of_two_who_change_the_seats_at_once_one_wins_and_the_other_is_told(app: Billing) -> None:
    buy(app, seats=1)
    service = BillingService()
    service.app, service.clock = app, lambda: NOON
    said = {"workspace_id": str(VISION), "account_id": str(ADA)}

    def change(seats: int, known: int) -> str:
        try:
            usecase.run("billing", "change_subscription", app, said | {"seats": seats, "revision": known}, service.change_subscription)
        except (Conflict, PreconditionFailed) as refusal:
            return refusal.code
        return "done"

    rounds = 20
    with ThreadPoolExecutor(4) as pool:
        for number in range(rounds):
            seats, known = range(2, 6) if number % 2 else range(6, 10), [app.find_subscription(VISION).version] * 4
            outcomes = list(pool.map(change, seats, known))
            assert outcomes.count("done") == 1
            assert set(outcomes) <= {"done", "concurrent_change", "changed_meanwhile"}
    assert topics(app).count("subscription.changed") == 1 + rounds
    assert app.recount().differences == []


@pytest.mark.feature("B-02")
def test_what_somebody_else_changes_after_the_revision_was_compared_is_not_overwritten(
    app: Billing, monkeypatch: pytest.MonkeyPatch
) -> None:
    buy(app, seats=1)
    known, expect = app.find_subscription(VISION).version, Subscription.expect

    def compared(subscription: Subscription, revision: int | None) -> None:
        monkeypatch.setattr(Subscription, "expect", expect)
        subscription.expect(revision)
        app.change_subscription(VISION, ADA, NOON, seats=5)

    monkeypatch.setattr(Subscription, "expect", compared)
    with pytest.raises(Conflict, match="concurrent_change"):
        app.change_subscription(VISION, ADA, NOON, seats=3, revision=known)
    assert app.get_subscription(VISION, NOON)["seats"] == 5


def test_many_who_buy_at_once_get_numbers_without_a_gap(app: Billing) -> None:
    whose = [UUID(int=number, version=4) for number in range(1, 13)]
    for workspace_id in whose:
        app.put_billing_info(workspace_id, CONTACT, None)

    def purchase(workspace_id: UUID) -> None:
        usecase.run("billing", "buy", app, {}, lambda _: app.change_subscription(
            workspace_id, ADA, NOON, plan="team", seats=1, accept_terms_version=TERMS
        ))  # fmt: skip

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(purchase, whose))
    assert [invoice.number for invoice in invoices(app)] == [f"INV-{number:06d}" for number in range(1, 13)]
    recounted = app.recount()
    assert (recounted.invoices, recounted.differences) == (12, [])


def test_a_recount_finds_an_invoice_that_somebody_touched(app: Billing) -> None:
    buy(app, seats=2)
    buy(app, seats=1, whose=AUDIO)
    stream = Invoice.create_id(1)
    text = (
        "UPDATE stored_events SET state = convert_to(replace(convert_from(state, 'UTF8'), '6000', '5000'), 'UTF8') WHERE originator_id = %s"
    )
    app.database.run(text, stream)
    [difference] = app.recount().differences
    assert difference == "INV-000001 says 5000 EUR, and 6000 EUR comes out"
    app.database.run("DELETE FROM stored_events WHERE originator_id = %s", stream)
    told = "; ".join(app.recount().differences)
    assert "INV-000002 is the document 2 and comes after 0" in told
    assert "should have brought an invoice over 6000" in told


def test_views_that_are_built_again_are_the_same(app: Billing) -> None:
    _sell(app)
    app.payment_failed("INV-000001", NOON, "card_declined")
    app.close_overdue(NOON + timedelta(days=5))
    app.record_payment("INV-000001", NOON + timedelta(days=6), "wire")
    app.credit("INV-000001", "a mistake", NOON + timedelta(days=7), 500)
    app.tidy(MAY)
    tables = [table for projection in OWN for table in projection.tables]
    before = {table.name: rows(app.database, table) for table in tables}
    for projection in OWN:
        Rebuild(app, projection, None).run()
    assert {table.name: rows(app.database, table) for table in tables} == before


@pytest.mark.feature("B-07")
def test_the_list_says_of_each_invoice_what_it_says_of_itself(app: Billing) -> None:
    buy(app, seats=2)
    app.credit("INV-000001", "a mistake", NOON)
    app.change_subscription(VISION, ADA, NOON, seats=3)
    app.record_payment("INV-000003", NOON, "wire")
    app.change_subscription(VISION, ADA, NOON, seats=2)
    app.change_subscription(VISION, ADA, NOON, seats=3)
    app.change_subscription(VISION, ADA, NOON, seats=4)
    app.payment_failed("INV-000005", NOON, "card_declined")
    listed = app.list_invoices(VISION, 50, None)["items"]
    assert [row["status"] for row in listed] == ["past_due", "paid", "paid", "issued", "credited"]
    for row in listed:
        read = app.get_invoice(VISION, row["number"])
        assert {name: read[name] for name in ("status", "total", "owed", "kind")} == {
            name: row[name] for name in ("status", "total", "owed", "kind")
        }
    with pytest.raises(NotFound, match="invoice_not_found"):
        app.get_invoice(AUDIO, "INV-000001")
    [line] = app.get_invoice(VISION, "INV-000003")["lines"]
    changed = [event.id for event in PublicLog(app).after(0, 100) if event.type == "billing.subscription.changed"]
    assert line["events"] == [changed[1]]


@pytest.mark.feature("B-07")
def test_invoices_go_to_the_billing_contact_as_pdf(app: Billing, tmp_path: Path) -> None:
    buy(app, seats=2)
    app.send_invoice(VISION, "INV-000001")
    for event in PublicLog(app).after(0, 100):
        Mails(app).react(event)
    mails = sorted((tmp_path / "outbox").glob("*.eml"))
    assert len(mails) == 2
    mail = message_from_bytes(mails[0].read_bytes())
    assert (mail["To"], mail["Subject"]) == ("books@example.org", "Invoice INV-000001")
    words, pdf = mail.get_payload()
    assert "over 60.00 EUR attached. It is to be paid until 15 April 2026." in words.get_payload()[0].get_payload(decode=True).decode()
    assert (pdf.get_filename(), pdf.get_payload(decode=True)) == ("INV-000001.pdf", app.printed(invoices(app)[0], "pdf"))


@pytest.mark.feature("B-05")
def test_a_renewal_is_announced_with_what_it_will_cost(app: Billing, tmp_path: Path) -> None:
    buy(app, seats=2)
    app.announce_renewals(MAY - timedelta(days=7, seconds=1))
    assert "renewal.announced" not in topics(app)
    app.announce_renewals(MAY - timedelta(days=7))
    [event] = [event for event in PublicLog(app).after(0, 100) if event.type == "billing.renewal.announced"]
    letter = app.renewal_letter(VISION, event.data["ends_on"])
    assert (letter["total"], letter["email"], letter["ends_on"]) == (6_000, "books@example.org", "2026-05-01")
    Mails(app).react(event)
    [path] = (tmp_path / "outbox").glob("renewal-*.eml")
    mail = message_from_bytes(path.read_bytes())
    text = mail.get_payload()[0].get_payload(decode=True).decode()
    assert mail["Subject"] == "Your plan renews on 2026-05-01"
    assert "60.00 EUR will be charged" in text
    assert "Seats, plan team, 2026-05-01 to 2026-05-31: 31 of 31 days: 60.00 EUR" in text
    app.current(VISION, MAY)
    assert app.renewal_letter(VISION, event.data["ends_on"]) is None


def test_a_workspace_that_is_gone_pays_for_what_it_used_and_nothing_more(app: Billing) -> None:
    _sell(app)
    [gone] = events("workspaces", ("workspaces.workspace.deleted", {}), workspace_id=VISION)
    for _ in range(2):
        Workspaces(app).react(gone)
    app.tidy(MAY + timedelta(days=300))
    assert [invoice.total for invoice in invoices(app)] == [6_000, 20]
    assert app.contact(VISION) == CONTACT
    assert app.recount().differences == []


def test_whom_nothing_was_ever_sold_to_is_forgotten_with_the_workspace(app: Billing) -> None:
    app.put_billing_info(VISION, CONTACT, None)
    assert b"example.org" not in b"".join(bytes(row["state"]) for row in app.database.all("SELECT state FROM stored_events"))
    app.forget_workspace(VISION, NOON)
    assert app.contact(VISION) == {}


@pytest.mark.feature("B-01")
def test_a_version_of_the_catalogue_that_was_sold_must_not_change(app: Billing, said: dict[str, Any], tmp_path: Path) -> None:
    buy(app)
    for versions, wrong in (([version(price=4_000)], True), ([version(), version(2, price=4_000)], False)):
        again = Billing.connect(Settings(**said | {"plans_file": plans_file(tmp_path, *versions)}))
        try:
            if wrong:
                with pytest.raises(SettingError, match="version 1 was sold with other plans"):
                    again.check_settings()
            else:
                again.check_settings()
        finally:
            again.close()
