"""A workspace pays by card through Stripe, fails to, is closed and opened again; and whoever imitates Stripe gets nowhere."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from functools import partial
from typing import Any

import pytest
import requests
from stripe import WebhookSignature

from gatehouse import admin
from services.billing.application import Billing
from services.billing.catalogue import EXAMPLE
from tests.kit import stripe as kit
from tests.kit.installations import Installation, embedded
from tests.kit.people import Person
from tests.kit.stripe import DECLINED, GOOD, SECRET, Stripe
from tests.servers import waiting

WEBHOOKS = "/v1/billing/webhooks/stripe"
# What is waited for takes seconds.
eventually = partial(waiting.eventually, every=0.2)
PROJECT = {"action": "read", "resource": {"type": "project", "id": "p"}}


@pytest.fixture(scope="module")
def stripe() -> Iterator[Stripe]:
    with kit.stripe() as running:
        yield running


@pytest.fixture(scope="module")
def gatehouse(tmp_path_factory: pytest.TempPathFactory, stripe: Stripe) -> Iterator[Installation]:
    said = {f"GATEHOUSE_{name.upper()}": value for name, value in stripe.settings().items()}
    more = {"GATEHOUSE_PLANS_FILE": str(EXAMPLE), "GATEHOUSE_REFUSAL_SECONDS": "1"}
    with embedded(tmp_path_factory.mktemp("payments"), **said, **more) as running:
        yield running


@pytest.fixture(scope="module")
def operator(gatehouse: Installation) -> Person:
    person = Person(gatehouse, "operator")
    assert person.sign_up(setup_token=gatehouse.setup_token).status_code == 201
    person.sign_in()
    return person


class Customer:
    """The workspace, by the address of its routes, that has bought seats."""

    def __init__(self, who: Person, email: str = "pay@vision.example") -> None:
        self.who, self.path = who, who.workspace()
        contact = {"name": "Vision Ltd", "email": email}
        assert who.put(f"{self.path}/billing-info", contact, headers={"If-Match": "*"}).ok
        self.buy(2, plan="basic", accept_terms_version=who.get("/v1/plans").json()["terms_version"])

    def buy(self, seats: int, **more: str) -> None:
        answer = self.who.post(f"{self.path}/subscription/changes", {"seats": seats, **more})
        assert answer.status_code == 200, answer.text

    def give_card(self, stripe: Stripe, number: str) -> None:
        """And both answers are on record."""
        page = self.who.put(f"{self.path}/payment-method")
        assert page.status_code == 200, page.text
        notice = told(self.who, stripe.give_card(page.json()["url"], number))
        assert notice.status_code == 204
        self.noticed = [answer.headers["X-Correlation-ID"] for answer in (page, notice)]

    def invoices(self) -> list[str]:
        """What has become of each; the newest comes first."""
        return [item["status"] for item in self.who.get(f"{self.path}/invoices").json()["items"]]

    def status(self) -> str:
        return str(self.who.get(f"{self.path}/subscription").json()["status"])

    def may(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.who.post(f"{self.path}/check", PROJECT).json()
        return {name: value for name, value in answer.items() if name != "position"}


def told(who: Person, event: dict[str, Any], secret: str = SECRET, at: float = 0) -> requests.Response:
    """As Stripe tells it."""
    body = json.dumps(event)
    signature = WebhookSignature.generate_signature_header(body, secret, int(at or time.time()))
    return requests.post(who.gatehouse.url + WEBHOOKS, body, headers={"Stripe-Signature": signature, "X-Forwarded-For": who.ip}, timeout=30)


def close_overdue(gatehouse: Installation) -> None:
    """As in six days."""
    with admin.opened(gatehouse.environ) as installation:
        billing = installation.app("billing")
        assert isinstance(billing, Billing)
        assert billing.close_overdue(datetime.now(UTC) + timedelta(days=6)) == 1


@pytest.mark.feature("B-06")
def test_a_workspace_pays_fails_to_is_closed_and_opens_again(gatehouse: Installation, operator: Person, stripe: Stripe) -> None:
    vision = Customer(operator)
    assert operator.get(f"{vision.path}/payment-method").json() == {"provider": "stripe", "card": None}
    vision.give_card(stripe, GOOD)
    eventually(lambda: vision.invoices() == ["paid"])
    for correlation in vision.noticed:
        eventually(lambda id=correlation: operator.get(f"/v1/audit?correlation={id}").json()["items"])
    card = operator.get(f"{vision.path}/payment-method").json()["card"]
    assert card == {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034}
    assert operator.put(f"{vision.path}/resources/project/p", {"name": "P"}).status_code == 200

    vision.give_card(stripe, DECLINED)
    vision.buy(3)
    eventually(lambda: vision.status() == "past_due")
    assert vision.may() == {"allowed": True}

    close_overdue(gatehouse)
    eventually(lambda: vision.may() == {"allowed": False, "reason": "payment_required"})
    eventually(lambda: operator.get(f"{vision.path}/experiments").status_code == 403)
    for refused in (
        operator.put(f"{vision.path}/resources/project/q", {"name": "Q"}),
        operator.delete(f"{vision.path}/resources/project/p"),
        operator.post(f"{vision.path}/resources:batch", {"changes": [{"op": "delete", "type": "project", "id": "p"}]}),
        operator.get(f"{vision.path}/accessible?type=project"),
        operator.get(f"{vision.path}/experiments"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "payment_required")
        assert f"{vision.path}/invoices" in refused.json()["detail"]
    headers = {"X-Gatehouse-Workspace": vision.path.rpartition("/")[2], "X-Gatehouse-Type": "project", "X-Gatehouse-Id": "p"}
    assert operator.get("/v1/verify", headers=headers).json()["code"] == "payment_required"
    for path in ("", "/members", "/groups", "/rules", "/vault", "/billing-info", "/invoices", "/subscription", "/audit"):
        assert operator.get(vision.path + path).status_code == 200, path
    assert operator.post(f"{vision.path}/invitations", {"email": "new@vision.example", "role": "viewer"}).status_code == 201

    vision.give_card(stripe, GOOD)
    eventually(lambda: vision.may() == {"allowed": True})
    assert (vision.status(), vision.invoices()) == ("active", ["paid", "paid"])
    assert operator.put(f"{vision.path}/resources/project/q", {"name": "Q"}).status_code == 200


@pytest.mark.feature("B-07")
def test_an_operator_says_that_money_came_in_by_itself(gatehouse: Installation, operator: Person, stripe: Stripe) -> None:
    ada = Person(gatehouse, "ada").arrived()
    vision = Customer(ada)
    number = ada.get(f"{vision.path}/invoices").json()["items"][0]["number"]
    paying = f"/v1/billing/invoices/{number}/payments"
    assert ada.post(paying).json()["code"] == "operator_only"
    assert operator.post(paying, {"reference": "statement 7"}).status_code == 201
    assert vision.invoices() == ["paid"]
    assert operator.post(paying).json()["code"] == "invoice_not_open"
    assert operator.post("/v1/billing/invoices/NONE/payments").json()["code"] == "invoice_not_found"

    vision.buy(3)
    second = ada.get(f"{vision.path}/invoices").json()["items"][0]["number"]
    assert gatehouse.run("billing", "paid", second, "--reference", "statement 8").split() == [second, "is", "paid"]
    assert vision.invoices() == ["paid", "paid"]


@pytest.mark.feature("B-07")
def test_an_invoice_is_mailed_when_it_is_issued_and_whenever_somebody_asks(gatehouse: Installation, operator: Person) -> None:
    ada = Person(gatehouse, "ada").arrived()
    vision = Customer(ada, email=ada.email)
    number = ada.get(f"{vision.path}/invoices").json()["items"][0]["number"]
    assert ada.post(f"{vision.path}/invoices/{number}/send").status_code == 202

    def mailed() -> list[bytes]:
        mails = [message_from_bytes(path.read_bytes()) for path in gatehouse.outbox.glob("invoice-*.eml")]
        parts = [part for mail in mails if mail["To"] == ada.email for part in mail.walk()]
        return [part.get_payload(decode=True) for part in parts if part.get_filename() == f"{number}.pdf"]  # type: ignore[misc]

    eventually(lambda: len(mailed()) == 2)
    assert set(mailed()) == {ada.get(f"{vision.path}/invoices/{number}.pdf").content}
    stranger = Person(gatehouse, "eve").arrived()
    elsewhere = stranger.workspace()
    for refused in (stranger.post(f"{vision.path}/invoices/{number}/send"), stranger.post(f"{elsewhere}/invoices/{number}/send")):
        assert refused.status_code == 404


def test_whoever_imitates_stripe_changes_nothing_and_is_on_record(operator: Person, stripe: Stripe) -> None:
    event = kit.event("payment_intent.succeeded", {"id": "pi_1"})
    for refused in (
        requests.post(operator.gatehouse.url + WEBHOOKS, json=event, headers={"X-Forwarded-For": operator.ip}, timeout=30),
        told(operator, event, "whsec_of_another_account"),
        told(operator, event, at=time.time() - 600),
    ):
        assert (refused.status_code, refused.json()["code"]) == (400, "webhook_signature_invalid")

    def entries() -> list[dict[str, Any]]:
        found = operator.get("/v1/audit?type=audit.attempt.refused&limit=200").json()["items"]
        return [entry for entry in found if entry["changes"]["code"] == "webhook_signature_invalid"]

    found = eventually(lambda: (all := entries()) and sum(entry["changes"]["count"] for entry in all) == 3 and all)
    assert {(entry["ip"], entry["changes"]["kind"]) for entry in found} == {(operator.ip, "unauthenticated")}
    assert told(operator, event).status_code == 204
    assert "pi_1" not in operator.get("/v1/audit?type=billing.payment.succeeded&limit=200").text


@pytest.mark.feature("B-02", "B-05", "B-07")
def test_seats_are_tried_bought_raced_for_and_invoiced(gatehouse: Installation, operator: Person) -> None:
    ada, bob = Person(gatehouse, "ada").arrived(), Person(gatehouse, "bob").arrived()
    vision = Customer(ada)
    ada.welcome(vision.path, bob, role="viewer")
    assert [plan["plan"] for plan in bob.get("/v1/plans").json()["items"]] == ["free", "basic", "pro", "enterprise"]
    changes, price = f"{vision.path}/subscription/changes", 1_500
    read = ada.get(f"{vision.path}/subscription")
    tried = ada.post(f"{changes}?dry_run=true", {"seats": 4}).json()
    # Bought on this very day: the whole period is left.
    assert (tried["total"], tried["seats"], tried["seats_used"], tried["lines"][0]["quantity"]) == (2 * price, 4, 2, 2)
    assert ada.get(f"{vision.path}/subscription").json() == read.json()

    both = [{"seats": 4}, {"seats": 5}]
    with ThreadPoolExecutor(2) as pool:
        raced = list(pool.map(lambda body: ada.post(changes, body, headers={"If-Match": read.headers["ETag"]}), both))
    assert sorted(answer.status_code for answer in raced) in ([200, 409], [200, 412])
    [won] = [answer.json() for answer in raced if answer.status_code == 200]
    assert won["total"] == (won["seats"] - 2) * price
    assert ada.get(f"{vision.path}/charges").json()["total"] == won["seats"] * price

    below = ada.post(changes, {"seats": 1})
    assert (below.status_code, below.json()["code"], below.json()["errors"]) == (409, "seats_below_use", {"seats_used": 2})
    for path in ("/charges", "/invoices", "/billing-info", f"/invoices/{won['invoice']}.pdf"):
        assert bob.get(vision.path + path).status_code == 403
    for format, begin in (("pdf", b"%PDF-"), ("csv", b"number,"), ("json", b"{")):
        first, second = (ada.get(f"{vision.path}/invoices/{won['invoice']}.{format}") for _ in range(2))
        assert first.content == second.content
        assert first.content.startswith(begin)
        assert first.headers["Content-Disposition"] == f"attachment; filename={won['invoice']}.{format}"
    [line] = ada.get(f"{vision.path}/invoices/{won['invoice']}").json()["lines"]
    [event] = line["events"]
    known = {entry["id"]: entry["type"] for entry in eventually(lambda: _entries(ada, vision.path, event))}
    assert known[event] == "billing.subscription.changed"
    assert gatehouse.run("billing", "recount").rstrip().endswith("no difference")


def _entries(who: Person, path: str, event: str) -> list[dict[str, Any]]:
    """Once this event is among them."""
    found = who.get(f"{path}/audit?type=billing.subscription.changed").json()["items"]
    return found if any(entry["id"] == event for entry in found) else []
