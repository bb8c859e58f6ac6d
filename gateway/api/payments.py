"""How a workspace pays. Cards are given on the provider's own page, so none ever passes through here."""

from typing import Any, cast
from uuid import UUID

from flask import current_app
from marshmallow import Schema, fields

from gateway.api.blueprint import Blueprint, described
from gateway.api.schemas import Id, Time
from gateway.bodies import read
from gateway.calls import ask, client_ip, tell, tell_secret, this_request, user_agent
from gateway.permissions import admin, operator, public, requires
from gateway.refusals import Refusals, Refused
from services.chassis.errors import InvalidInput
from services.chassis.fields import Text

blp = Blueprint("payments", __name__, url_prefix="/v1", description="Payments")
UNSIGNED = "webhook_signature_invalid"


class Card(Schema):
    """What it is recognised by; more of it is nowhere here."""

    brand = fields.String(required=True)
    last4 = fields.String(required=True)
    exp_month = fields.Integer(required=True)
    exp_year = fields.Integer(required=True)


class PaymentMethod(Schema):
    provider = fields.String(required=True, metadata={"enum": ["manual", "stripe"]})
    card = fields.Nested(Card, required=True, allow_none=True, metadata={"description": "null: none is given yet, or none is used"})


class SetupPage(Schema):
    url = fields.Url(required=True, metadata={"description": "the provider's page; the card that is given there is charged from then on"})


class NewPayment(Schema):
    reference = Text(load_default="", longest=100, metadata={"description": "such as that of the bank's statement"})


class Payment(Schema):
    number = fields.String(required=True)
    workspace_id = Id(required=True)
    paid_at = Time(required=True)
    reference = fields.String(required=True)


@blp.get("/workspaces/<uuid:workspace_id>/payment-method")
@requires(admin)
@blp.response(200, PaymentMethod)
def get_payment_method(workspace_id: UUID) -> Any:
    """As the provider knows it: nothing of it is kept here."""
    return ask("billing", "get_payment_method", workspace_id=str(workspace_id))


@blp.put("/workspaces/<uuid:workspace_id>/payment-method")
@requires(admin)
@blp.response(200, SetupPage)
def replace_payment_method(workspace_id: UUID) -> Any:
    """Where to give the card. The former one stays until then; open invoices are tried again with the new one at once."""
    return tell_secret("billing", "replace_payment_method", workspace_id=str(workspace_id))


@blp.post("/billing/invoices/<number:number>/payments")
@requires(operator)
@blp.arguments(NewPayment)
@blp.response(201, Payment)
def mark_paid(body: dict[str, Any], number: str) -> Any:
    """Says that an invoice is paid, for money that came in by itself."""
    return tell("billing", "mark_paid", number=number, **body)


@blp.post("/billing/webhooks/stripe")
@requires(public)
@described(blp.doc(requestBody={"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}), blp.response(204))
def receive_webhook() -> Any:
    """For Stripe alone: what it has not signed is refused, and on record. What it has told before changes nothing."""
    req = this_request()
    try:
        tell("billing", "receive_webhook", body=_text(read(req)), signature=req.headers.get("Stripe-Signature", ""))
    except InvalidInput as refusal:
        if refusal.code == UNSIGNED:
            route = f"{req.method} {req.url_rule.rule}" if req.url_rule else ""
            ip = client_ip(req.environ, req.gateway.settings.trusted_proxies)
            refusals = cast(Refusals, current_app.refusals)  # type: ignore[attr-defined]
            refusals.add(Refused("unauthenticated", UNSIGNED, route, ip), user_agent(req.environ))
        raise
    return "", 204


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise InvalidInput("webhook_malformed", "The body is no text in UTF-8.") from None
