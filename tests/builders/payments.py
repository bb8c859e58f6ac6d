"""A billing service over an empty schema whose workspaces owe money, and a Stripe of the tests' own to have it from."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from stripe import WebhookSignature

from services.billing.application import Billing
from services.billing.catalogue import EXAMPLE
from services.billing.payments import Notice
from services.billing.service import SPEC
from services.chassis import schema
from services.chassis.public import PublicEvent
from services.chassis.publiclog import PublicLog
from services.chassis.settings import Settings
from tests.kit.stripe import SECRET, Stripe

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ADA = UUID("00000000-0000-4000-8000-00000000000a")


def connected(settings: Settings) -> Billing:
    app = Billing.connect(settings)
    with app.database.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS billing CASCADE")
    schema.create(app.database, SPEC.tables)
    return app


def sold(settings: dict[str, Any]) -> dict[str, Any]:
    """With plans that cost something."""
    return {"secret_key": "k" * 32, "amqp_url": "none", "plans_file": str(EXAMPLE), **settings}


class Customer:
    """A workspace that has bought two seats of a plan, and what becomes of it."""

    def __init__(self, app: Billing, now: datetime = NOON) -> None:
        self.app, self.workspace_id = app, uuid4()
        app.start_subscription(self.workspace_id, now)
        app.put_billing_info(self.workspace_id, {"name": "Vision Ltd", "email": "pay@vision.example"}, None)
        terms = app.catalogue.current.terms
        app.change_subscription(self.workspace_id, ADA, now, plan="basic", seats=2, accept_terms_version=terms)
        self.number = self.events("billing.invoice.issued")[0].data["number"]

    @property
    def customer(self) -> str:
        account = self.app.payment_account(self.workspace_id)
        assert account is not None
        return account.customer

    @property
    def status(self) -> str:
        found = self.app.find_subscription(self.workspace_id)
        assert found is not None
        return found.status

    def events(self, kind: str = "") -> list[PublicEvent]:
        found = PublicLog(self.app).after(0, 2_000)
        return [event for event in found if event.workspace_id == str(self.workspace_id) and event.type.startswith(kind)]

    def told(self, kind: str = "billing.payment.") -> list[str]:
        return [event.type.removeprefix("billing.") for event in self.events(kind)]

    def give_card(self, stripe: Stripe, number: str, now: datetime = NOON) -> None:
        """On the page, of which a webhook tells."""
        page = self.app.replace_payment_method(self.workspace_id)["url"]
        hear(self.app, stripe.give_card(page, number), now)


def hear(app: Billing, event: dict[str, Any], now: datetime = NOON) -> None:
    """As the gateway hands a webhook over, and as the worker then reacts to it, at a time of the test's."""
    body, known = json.dumps(event), len(_told(app))
    app.receive_webhook(body.encode(), WebhookSignature.generate_signature_header(body, SECRET, int(time.time())))
    for told in _told(app)[known:]:
        app.follow("stripe", Notice(id=told["notice"], kind=told["kind"], subject=told["about"]), now)


def _told(app: Billing) -> list[dict[str, Any]]:
    return [event.data for event in PublicLog(app).after(0, 2_000) if event.type == "billing.webhook.received"]


def days(number: float, since: datetime = NOON) -> datetime:
    return since + timedelta(days=number)
