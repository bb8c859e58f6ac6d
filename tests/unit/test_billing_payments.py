"""Payments as they are decided about, and what a provider's word has to look like to be heard. Nothing is asked of anybody."""

import json
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from stripe import WebhookSignature

from services.billing.application import Billing
from services.billing.domain.payment import Payment
from services.billing.payments import Notice, provider
from services.chassis.errors import Conflict, InvalidInput, NotFound
from services.chassis.settings import SettingError, Settings
from tests.kit.stripe import KEY, SECRET, event

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
VISION = UUID("00000000-0000-4000-8000-000000000001")
STRIPE = {"secret_key": "k" * 32, "payment_provider": "stripe", "stripe_secret_key": KEY, "stripe_webhook_secret": SECRET}


def payment() -> Payment:
    return Payment(workspace_id=VISION, number="000001")


def declined(made: Payment, at: datetime) -> datetime | None:
    made.begin("cus_1", 500, "EUR")
    made.decline(made.attempt, "pi_1", "card_declined", at)
    last = made.pending_events[-1]
    assert isinstance(last, Payment.Declined)
    return last.retry_at


def test_a_payment_that_fails_is_tried_four_times_more_within_the_days_of_grace() -> None:
    made, at, tries = payment(), NOON, []
    while at := declined(made, at):  # type: ignore[assignment]
        tries.append(at - NOON)
    assert tries == [timedelta(days=days) for days in (1, 2, 3, 4)]


def test_a_try_that_comes_late_leaves_out_those_it_has_missed() -> None:
    made = payment()
    declined(made, NOON)
    assert declined(made, NOON + timedelta(days=2, hours=1)) == NOON + timedelta(days=3)
    assert declined(made, NOON + timedelta(days=9)) is None


def test_no_try_begins_before_the_one_before_it_has_ended() -> None:
    made = payment()
    assert [made.begin("cus_1", 500, "EUR"), made.begin("cus_1", 700, "EUR")] == ["begun", "again"]
    assert (made.attempt, made.amount) == (1, 500)
    made.decline(1, "pi_1", "card_declined", NOON)
    assert made.begin("cus_1", 700, "EUR") == "begun"
    assert (made.attempt, made.amount) == (2, 700)


def test_news_in_any_order_and_again_changes_nothing_twice() -> None:
    made = payment()
    made.begin("cus_1", 500, "EUR")
    assert made.decline(1, "pi_1", "card_declined", NOON)
    assert not made.decline(1, "pi_1", "card_declined", NOON)
    made.begin("cus_1", 500, "EUR")
    assert not made.decline(1, "pi_1", "card_declined", NOON)  # of the try before
    assert made.succeed(2, "pi_2")
    assert not made.succeed(2, "pi_2")
    assert not made.decline(2, "pi_2", "card_declined", NOON)
    assert not made.pending


def test_money_that_comes_by_an_earlier_try_is_there_all_the_same() -> None:
    made = payment()
    declined(made, NOON)
    made.begin("cus_1", 500, "EUR")
    assert made.succeed(1, "pi_1")
    assert made.pending


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"stripe_secret_key": ""}, "GATEHOUSE_STRIPE_SECRET_KEY is not set"),
        ({"stripe_secret_key": "pk_test_public"}, "GATEHOUSE_STRIPE_SECRET_KEY is not one"),
        ({"stripe_webhook_secret": ""}, "GATEHOUSE_STRIPE_WEBHOOK_SECRET is not set"),
        ({"stripe_webhook_secret": "secret"}, "GATEHOUSE_STRIPE_WEBHOOK_SECRET is not one"),
    ],
)
def test_a_secret_that_is_missing_or_none_stops_the_start_and_is_not_told(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(SettingError, match=named) as refused:
        Billing.in_memory(Settings(**STRIPE | wrong))  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)
    assert not any(value and value in str(refused.value) for value in wrong.values() if value != "secret")


@pytest.mark.parametrize("name", ["paypal", "Stripe"])
def test_an_unknown_provider_stops_the_start(name: str) -> None:
    environ = {"GATEHOUSE_PAYMENT_PROVIDER": name, "GATEHOUSE_SECRET_KEY": "k" * 32, "DATABASE_URL": "x", "AMQP_URL": "x"}
    with pytest.raises(SettingError, match="GATEHOUSE_PAYMENT_PROVIDER must be manual or stripe"):
        Settings.load(environ)


@pytest.fixture
def app() -> Billing:
    return Billing.in_memory(Settings(**STRIPE))  # type: ignore[arg-type]


def body(kind: str = "payment_intent.succeeded", **more: object) -> str:
    return json.dumps(event(kind, {"id": "pi_1"}, "evt_1", **more))


def signed(text: str, secret: str = SECRET, at: float = 0) -> str:
    return str(WebhookSignature.generate_signature_header(text, secret, int(at or time.time())))


def received(app: Billing) -> int:
    return len(list(app.notification_log.select(start=1, limit=10)))


def test_what_stripe_has_signed_is_heard_once(app: Billing) -> None:
    for _ in range(3):
        app.receive_webhook(body().encode(), signed(body()))
    assert received(app) == 1
    assert provider(app.settings).heard(body().encode(), signed(body())) == Notice(
        id="evt_1", kind="payment_intent.succeeded", subject="pi_1"
    )


SIGNATURES = {
    "none": lambda: "",
    "nonsense": lambda: "nonsense",
    "empty": lambda: "t=1,v1=",
    "of another account": lambda: signed(body(), "whsec_of_another_account"),
    "too old": lambda: signed(body(), at=time.time() - 301),
    "of another body": lambda: signed(body() + " "),
    "of another scheme": lambda: signed(body()).replace("v1=", "v0="),
}


@pytest.mark.parametrize("made", SIGNATURES)
def test_what_is_not_signed_by_it_just_now_changes_nothing(app: Billing, made: str) -> None:
    with pytest.raises(InvalidInput, match="webhook_signature_invalid"):
        app.receive_webhook(body().encode(), SIGNATURES[made]())
    assert received(app) == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"type": "payment_intent.succeeded"}', "not json"])
def test_what_is_signed_and_no_event_is_refused(app: Billing, text: str) -> None:
    with pytest.raises(InvalidInput, match="webhook_malformed"):
        app.receive_webhook(text.encode(), signed(text))
    assert received(app) == 0


@pytest.mark.parametrize("more", [{"kind": "customer.updated"}, {"account": "acct_of_somebody_else"}], ids=["kind", "account"])
def test_what_has_no_meaning_here_is_taken_and_changes_nothing(app: Billing, more: dict[str, str]) -> None:
    text = body(**more)
    app.receive_webhook(text.encode(), signed(text))
    assert received(app) == 0


@pytest.mark.feature("B-01")
def test_without_a_provider_there_is_neither_a_page_nor_anybody_to_call() -> None:
    app = Billing.in_memory(Settings(secret_key="k" * 32))
    assert app.get_payment_method(VISION) == {"provider": "manual", "card": None}
    with pytest.raises(Conflict, match="payment_method_not_used"):
        app.replace_payment_method(VISION)
    with pytest.raises(NotFound):
        app.receive_webhook(body().encode(), signed(body()))
