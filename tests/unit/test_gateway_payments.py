"""Webhooks at the gateway: what is noted of those that nobody has signed, without any service."""

from typing import Any

import pytest

from gateway.access import Access
from gateway.app import Application, create_app
from gateway.refusals import Refused
from services.chassis.errors import InvalidInput
from services.chassis.rpc_client import Answer
from services.chassis.settings import Settings

ROUTE = "/v1/billing/webhooks/stripe"


class Billing:
    """Refuses what it is told, if it is to."""

    def __init__(self, refusal: InvalidInput | None = None) -> None:
        self.refusal = refusal
        self.told: list[dict[str, Any]] = []

    def call(self, service: str, method: str, payload: dict[str, Any]) -> Answer:
        self.told.append(payload)
        if self.refusal:
            raise self.refusal
        return Answer({}, 0)


def gateway(billing: Billing) -> Application:
    return create_app(Settings(secret_key="k" * 32), billing, Access())


def test_the_body_is_handed_on_as_it_came_with_its_signature() -> None:
    billing = Billing()
    answer = gateway(billing).test_client().post(ROUTE, data=b'{"a": 1 }', headers={"Stripe-Signature": "t=1,v1=ab"})
    assert answer.status_code == 204
    assert billing.told == [{"body": '{"a": 1 }', "signature": "t=1,v1=ab"}]


@pytest.mark.parametrize(("code", "noted"), [("webhook_signature_invalid", 1), ("webhook_malformed", 0)])
def test_what_is_not_signed_is_noted_as_a_refused_attempt(code: str, noted: int) -> None:
    app = gateway(Billing(InvalidInput(code)))
    answer = app.test_client().post(ROUTE, data=b"{}", headers={"User-Agent": "Stripe/1.0"})
    assert (answer.status_code, answer.json["code"]) == (400, code)  # type: ignore[index]
    found = app.refusals._counts
    assert found == ({Refused("unauthenticated", code, f"POST {ROUTE}", "127.0.0.1"): (1, "Stripe/1.0")} if noted else {})


def test_a_body_that_is_no_text_goes_no_further() -> None:
    billing = Billing()
    answer = gateway(billing).test_client().post(ROUTE, data=b"\xff\xfe")
    assert (answer.status_code, answer.json["code"]) == (400, "webhook_malformed")  # type: ignore[index]
    assert billing.told == []
