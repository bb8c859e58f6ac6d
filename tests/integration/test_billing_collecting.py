"""Invoices paid by Stripe, played by localstripe over HTTP: whatever is killed, lost or told again, an invoice is paid once."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from services.billing.application import Billing
from services.billing.domain.notice import Notice
from services.billing.projections.payments import DuePayments
from services.billing.reactions import Mails, Webhooks
from services.chassis.errors import Conflict, Unavailable
from services.chassis.publiclog import PublicLog
from services.chassis.rebuild import Rebuild
from services.chassis.settings import SettingError, Settings
from services.chassis.sinks import ReactionSink
from tests.builders.payments import NOON, Customer, connected, days, hear, sold
from tests.kit import stripe as kit
from tests.kit.processes import ROOT
from tests.kit.stripe import ASKS_ITS_OWNER, DECLINED, GOOD, Stripe, event
from tests.servers import free_port

KILLED = -9
# Before the try is on record, after it, once the money is taken, before and after that is on record.
STEPS = ("store.appended", "billing.payment.begun", "billing.payment.charged", "store.appended:2", "billing.payment.finished")
PRICE = 3_000  # two seats of 15.00


@pytest.fixture(scope="module")
def stripe() -> Iterator[Stripe]:
    with kit.stripe() as running:
        yield running


@pytest.fixture
def said(stripe: Stripe, database_url: str) -> dict[str, Any]:
    stripe.heal()
    return sold({"database_url": database_url, **stripe.settings()})


@pytest.fixture
def app(said: dict[str, Any]) -> Iterator[Billing]:
    app = connected(Settings(**said))
    yield app
    app.close()


@pytest.fixture
def vision(app: Billing) -> Customer:
    return Customer(app)


@pytest.mark.feature("B-06")
def test_a_card_is_given_at_stripe_and_nothing_of_it_is_kept(app: Billing, vision: Customer, stripe: Stripe) -> None:
    assert app.get_payment_method(vision.workspace_id) == {"provider": "stripe", "card": None}
    vision.give_card(stripe, GOOD)
    found = app.get_payment_method(vision.workspace_id)
    assert asdict(found["card"]) == {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034}
    kept = b"".join(bytes(row["state"]) for row in app.database.all("SELECT state FROM stored_events"))
    assert vision.customer.encode() in kept
    assert not any(part in kept for part in (b"4242", b"2034", b"visa"))
    assert not any(GOOD in body for body in stripe.bodies)


@pytest.mark.feature("B-06")
def test_another_card_takes_the_place_of_the_former_also_when_the_news_come_in_the_wrong_order(
    app: Billing, vision: Customer, stripe: Stripe
) -> None:
    first, second = (app.replace_payment_method(vision.workspace_id)["url"] for _ in range(2))
    told = [stripe.give_card(first, "4000000000000077"), stripe.give_card(second, GOOD)]
    for each in reversed(told):
        hear(app, each)
    assert app.get_payment_method(vision.workspace_id)["card"].last4 == "4242"


@pytest.mark.feature("B-07")
def test_an_invoice_is_paid_once_there_is_a_card(app: Billing, vision: Customer, stripe: Stripe) -> None:
    app.collect_due(NOON)
    assert vision.told() == ["payment.postponed"]
    vision.give_card(stripe, GOOD)
    for _ in range(2):
        app.collect_due(days(1))
    assert stripe.paid(vision.customer) == [PRICE]
    assert vision.told()[1:] == ["payment.begun", "payment.succeeded"]
    assert vision.events("billing.invoice.paid")[0].data["reference"].startswith("pi_")


def test_without_a_card_it_waits_until_it_is_due_and_then_counts_as_failed(app: Billing, vision: Customer) -> None:
    app.collect_due(NOON)
    app.collect_due(days(13))
    assert vision.status == "active"
    app.collect_due(days(14))
    assert vision.status == "past_due"
    assert vision.events("billing.payment.declined")[0].data["reason"] == "payment_method_missing"


@pytest.mark.parametrize(("card", "reason"), [(DECLINED, "card_declined"), (ASKS_ITS_OWNER, "authentication_required")])
def test_a_failed_payment_is_tried_four_times_in_five_days_of_grace_then_projects_close_and_payment_opens_them(
    app: Billing, vision: Customer, stripe: Stripe, card: str, reason: str
) -> None:
    vision.give_card(stripe, card)
    began = NOON
    for hour in range(0, 24 * 5 + 1, 6):
        now = days(hour / 24, began)
        app.collect_due(now)
        app.close_overdue(now)
        assert vision.status == ("closed" if hour == 120 else "past_due")
    assert [event.data["reason"] for event in vision.events("billing.payment.declined")] == [reason] * 5
    assert stripe.paid(vision.customer) == []
    vision.give_card(stripe, GOOD, days(6))
    app.collect_due(days(6))
    assert vision.status == "active"
    assert stripe.paid(vision.customer) == [PRICE]
    assert vision.events("billing.subscription.reopened")


@pytest.mark.parametrize("point", STEPS)
def test_a_worker_killed_at_any_step_of_a_payment_takes_the_money_once(
    app: Billing, vision: Customer, stripe: Stripe, said: dict[str, Any], point: str
) -> None:
    vision.give_card(stripe, GOOD)
    words = [sys.executable, "-m", "tests.kit.collect_due", json.dumps(said), NOON.isoformat()]
    killed = subprocess.run(words, cwd=ROOT, env={"GATEHOUSE_CRASH_AT": point, "PATH": ""}, capture_output=True, text=True, timeout=60)
    assert killed.returncode == KILLED, killed.stderr
    # Long after Stripe has forgotten the key.
    stripe.forget_keys()
    app.collect_due(days(3))
    app.collect_due(days(4))
    assert stripe.paid(vision.customer) == [PRICE]
    assert vision.told() == ["payment.begun", "payment.succeeded"]
    assert len(vision.events("billing.invoice.paid")) == 1


def test_an_answer_that_is_lost_on_its_way_is_no_reason_to_pay_twice(app: Billing, vision: Customer, stripe: Stripe) -> None:
    vision.give_card(stripe, GOOD)
    stripe.answers_lost = 1
    app.collect_due(NOON)
    assert vision.told() == ["payment.begun"]
    with pytest.raises(Conflict, match="payment_pending"):
        app.mark_paid(vision.number, "by bank", NOON)
    app.collect_due(days(1))
    assert stripe.paid(vision.customer) == [PRICE]
    assert vision.told() == ["payment.begun", "payment.succeeded"]


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_provider_that_is_away_or_refuses_us_counts_against_nobody(app: Billing, vision: Customer, stripe: Stripe, status: int) -> None:
    vision.give_card(stripe, GOOD)
    stripe.fails_with = status
    app.collect_due(NOON)
    with pytest.raises(Unavailable, match="payment_provider_unavailable"):
        app.get_payment_method(vision.workspace_id)
    assert (vision.told(), vision.status) == (["payment.begun"], "active")
    stripe.heal()
    app.collect_due(NOON)
    assert stripe.paid(vision.customer) == []
    app.collect_due(NOON + timedelta(seconds=5))
    assert stripe.paid(vision.customer) == [PRICE]


def test_a_provider_that_stays_away_is_asked_ever_more_rarely(app: Billing, vision: Customer, stripe: Stripe) -> None:
    vision.give_card(stripe, GOOD)
    stripe.fails_with = 500
    asked = []
    for second in range(0, 1_500, 5):
        before = len(stripe.calls)
        app.collect_due(NOON + timedelta(seconds=second))
        asked += [second] * (len(stripe.calls) > before)
    assert asked == [0, 5, 15, 35, 75, 155, 315, 615, 915, 1215]


def test_what_stripe_does_not_take_at_all_is_no_fault_of_whoever_pays(app: Billing, vision: Customer, stripe: Stripe) -> None:
    vision.give_card(stripe, GOOD)
    stripe.ask("DELETE", f"/v1/customers/{vision.customer}")
    app.collect_due(NOON)
    assert (vision.told(), vision.status) == (["payment.begun", "payment.declined"], "active")
    assert REGISTRY.get_sample_value("gatehouse_payment_tries_total", {"outcome": "refused"}) == 1
    with pytest.raises(Conflict, match="payment_provider_refused"):
        app.get_payment_method(vision.workspace_id)
    assert app.mark_paid(vision.number, "by bank", NOON)


def test_webhooks_in_any_order_and_again_change_what_they_tell_of_once(app: Billing, vision: Customer, stripe: Stripe) -> None:
    vision.give_card(stripe, DECLINED)
    app.collect_due(NOON)
    vision.give_card(stripe, GOOD)
    stripe.answers_lost = 1
    app.collect_due(days(1))
    paid, failed = stripe.payments(vision.customer)
    told = [event("payment_intent.succeeded", paid), event("payment_intent.payment_failed", failed)]
    for each in [*told, *reversed(told), *told]:
        hear(app, each)
    app.collect_due(days(2))
    assert vision.told() == ["payment.begun", "payment.declined", "payment.failed", "payment.begun", "payment.succeeded"]
    assert stripe.paid(vision.customer) == [PRICE]
    assert len(vision.events("billing.invoice.paid")) == 1


def test_what_stripe_told_waits_while_it_is_away_and_a_card_pays_at_once(app: Billing, vision: Customer, stripe: Stripe) -> None:
    page = app.replace_payment_method(vision.workspace_id)["url"]
    app.save(
        Notice(provider="stripe", notice="evt_1", kind="checkout.session.completed", about=stripe.give_card(page)["data"]["object"]["id"])
    )
    sink = ReactionSink(Webhooks(app), app.database, sleep=lambda _: None)
    stripe.fails_with = 503
    for _ in range(2):
        with pytest.raises(Unavailable):
            sink.apply(PublicLog(app).after(0, 2_000))
    stripe.heal()
    sink.apply(PublicLog(app).after(0, 2_000))
    assert app.get_payment_method(vision.workspace_id)["card"].last4 == "4242"
    assert app.database.all("SELECT event_id FROM parked_events") == []
    assert stripe.paid(vision.customer) == [PRICE]


def test_webhooks_about_somebody_else_change_nothing(app: Billing, vision: Customer, stripe: Stripe) -> None:
    vision.give_card(stripe, DECLINED)
    app.collect_due(NOON)
    before = [event.type for event in vision.events()]
    stranger = stripe.ask("POST", "/v1/customers")["id"]
    about = {"amount": 1, "currency": "eur", "customer": stranger, "payment_method": "pm_card_visa", "confirm": "true"}
    of_stranger = stripe.ask("POST", "/v1/payment_intents", **about, **{"metadata[gatehouse_invoice]": vision.number})
    of_something_else = stripe.ask("POST", "/v1/payment_intents", **about)
    for subject in (of_stranger, of_something_else, {"id": "pi_of_another_account"}):
        hear(app, event("payment_intent.succeeded", subject))
    hear(app, event("checkout.session.completed", {"id": "cs_of_another_account"}))
    assert [event.type for event in vision.events()] == before
    assert vision.status == "past_due"


def test_cards_of_customers_that_are_not_ours_are_left_alone(app: Billing, stripe: Stripe) -> None:
    stranger = stripe.ask("POST", "/v1/customers")["id"]
    page = json.loads(stripe.answer("POST", "/v1/checkout/sessions", f"mode=setup&customer={stranger}".encode(), "")[1])
    hear(app, stripe.give_card(page["url"]))
    assert stripe.ask("GET", f"/v1/customers/{stranger}")["invoice_settings"]["default_payment_method"] is None


def test_the_billing_contact_is_told_when_grace_begins_and_when_projects_close(app: Billing, vision: Customer, tmp_path: Path) -> None:
    app.collect_due(days(14))
    app.close_overdue(days(19))
    app.settings = replace(app.settings, state=tmp_path)
    mails = Mails(app)
    for told in vision.events("billing.subscription."):
        mails.react(told)
    found = sorted((tmp_path / "outbox").glob("*.eml"))
    texts = [message_from_bytes(path.read_bytes()).get_payload(0).get_payload(decode=True).decode() for path in found]  # type: ignore[union-attr]
    assert [path.name.partition("-")[0] for path in found] == ["closed", "past"]
    assert all(vision.number in text for text in texts)
    assert "09 December 2026" in texts[1]


@pytest.mark.feature("B-07")
def test_without_a_provider_an_operator_says_what_is_paid(database_url: str) -> None:
    app = connected(Settings(**sold({"database_url": database_url})))
    vision = Customer(app)
    app.collect_due(days(13))
    assert vision.status == "active"
    app.collect_due(days(14))
    app.close_overdue(days(19))
    assert vision.status == "closed"
    assert app.mark_paid(vision.number, "statement 7", days(20))["reference"] == "statement 7"
    assert vision.status == "active"
    with pytest.raises(Conflict, match="invoice_not_open"):
        app.mark_paid(vision.number, "statement 7", days(20))
    app.close()


def test_green_threads_go_on_while_stripe_takes_its_time(app: Billing, vision: Customer, stripe: Stripe, said: dict[str, Any]) -> None:
    app.replace_payment_method(vision.workspace_id)
    stripe.slow = 1.0
    words = [sys.executable, "-W", "ignore", "-m", "tests.kit.green_payments", json.dumps(said), vision.customer]
    found = json.loads(subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout)
    assert found["seconds"] >= 1.0
    assert found["turns"] >= 10


def test_a_provider_that_cannot_be_reached_is_told_apart_from_a_refusal(app: Billing, vision: Customer, said: dict[str, Any]) -> None:
    away = Billing.connect(Settings(**said | {"stripe_url": f"http://127.0.0.1:{free_port()}"}))
    with pytest.raises(Unavailable, match="payment_provider_unavailable"):
        away.replace_payment_method(vision.workspace_id)
    away.close()
    assert app.payment_account(vision.workspace_id) is None


def test_a_key_that_stripe_does_not_know_stops_the_start_and_a_stripe_that_is_away_does_not(
    app: Billing, stripe: Stripe, said: dict[str, Any]
) -> None:
    app.check_access()
    stripe.fails_with = 500
    app.check_access()
    stripe.heal()
    with closing(Billing.connect(Settings(**said | {"stripe_secret_key": "sk_test_of_yesterday"}))) as other:
        with pytest.raises(SettingError, match="GATEHOUSE_STRIPE_SECRET_KEY is not accepted") as refused:
            other.check_access()
        assert "yesterday" not in str(refused.value)


def test_the_list_of_what_is_due_equals_its_rebuild(app: Billing, vision: Customer, stripe: Stripe) -> None:
    for card in (DECLINED, GOOD):
        other = Customer(app)
        other.give_card(stripe, card)
        app.collect_due(NOON)
    Customer(app)
    before = app.database.all("SELECT * FROM due_payments ORDER BY number")
    assert len(before) == 3
    Rebuild(app, DuePayments, None).run()
    assert app.database.all("SELECT * FROM due_payments ORDER BY number") == before
