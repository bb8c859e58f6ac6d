"""Stripe: cards are given on its own page and charged without their owner being there. No card data comes here, and none is kept."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.billing.payments.provider import Due, Method, MethodSaved, Notice, Outcome, PaymentSeen
from services.chassis.errors import Conflict, InvalidInput, Unavailable
from services.chassis.settings import SettingError, Settings

if TYPE_CHECKING:
    from stripe import Customer, PaymentIntent, StripeClient

log = logging.getLogger(__name__)

# Seconds: of a question while somebody waits for the gateway, two of which must come within its own time; of a payment in a worker.
_PROMPT, _PATIENT = 1.8, 30.0
# Seconds that a signature is good for: whoever has recorded one cannot use it later.
_TOLERANCE = 300
SETUP, PAYMENTS = "checkout.session.completed", ("payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled")
WORKSPACE, INVOICE, TRY = "gatehouse_workspace", "gatehouse_invoice", "gatehouse_try"


class Stripe:
    name, collects = "stripe", True

    def __init__(self, settings: Settings) -> None:
        """Raises SettingError when a secret is missing or cannot be one."""
        self._key = _checked("stripe_secret_key", settings.stripe_secret_key, r"[sr]k_\w+")
        self._secret = _checked("stripe_webhook_secret", settings.stripe_webhook_secret, r"whsec_\S+")
        self._url = settings.stripe_url

    @cached_property
    def _prompt(self) -> "StripeClient":
        return self._client(_PROMPT)

    @cached_property
    def _patient(self) -> "StripeClient":
        return self._client(_PATIENT)

    def _client(self, patience: float) -> "StripeClient":
        import stripe  # late: it costs a process that does not need it 15 MB

        stripe.enable_telemetry = False
        # Requests and what is wrong with them, which may name somebody.
        logging.getLogger("stripe").setLevel(logging.ERROR)
        addresses: Any = {"api": self._url} if self._url else None
        # Tries are ours to repeat. The package's other HTTP clients would not let green threads run meanwhile.
        http = stripe.RequestsClient(timeout=patience)
        return stripe.StripeClient(self._key, base_addresses=addresses, http_client=http, max_network_retries=0)

    def check(self) -> None:
        import stripe

        try:
            self._prompt.v1.balance.retrieve()
        except stripe.AuthenticationError:
            raise SettingError("GATEHOUSE_STRIPE_SECRET_KEY is not accepted by Stripe: was it revoked, or mistyped?") from None
        except stripe.StripeError as error:
            log.info("Stripe did not say whether it knows our key: %s", type(error).__name__)

    def open_setup(self, workspace_id: UUID, customer: str, back_to: str) -> tuple[str, str]:
        with _answering():
            if not customer:
                made = {"metadata": {WORKSPACE: str(workspace_id)}}
                customer = self._prompt.v1.customers.create(made, {"idempotency_key": f"customer {workspace_id}"}).id  # type: ignore[arg-type]
            asked: Any = {"mode": "setup", "customer": customer, "payment_method_types": ["card"]}
            page = self._prompt.v1.checkout.sessions.create(asked | {"success_url": back_to, "cancel_url": back_to})
            return customer, str(page.url)

    def method(self, customer: str) -> Method | None:
        with _answering():
            card = getattr(_default_method(_customer(self._prompt, customer)), "card", None)
        return Method(brand=card.brand, last4=card.last4, exp_month=card.exp_month, exp_year=card.exp_year) if card else None

    def charge(self, due: Due) -> Outcome:
        import stripe

        with _answering():
            try:
                # Stripe remembers a key for a day only: what was begun longer ago can still be found.
                if due.again and (intent := self._made_before(due)):
                    return self._outcome(intent)
                if (method := _default_method(_customer(self._patient, due.customer))) is None:
                    return Outcome("failed", reason="payment_method_missing")
                return self._outcome(self._charged(due, method.id))
            except stripe.CardError as error:
                return Outcome("failed", _named(error), _reason(error.code))
            except stripe.InvalidRequestError as error:
                # Too small an amount, a currency that is not enabled, a customer that somebody deleted: the operator's to settle.
                log.error("Stripe does not take the payment of invoice %s: %s", due.invoice, error.code)
                return Outcome("refused", reason=_reason(error.code))

    def heard(self, body: bytes, signature: str) -> Notice | None:
        import stripe

        try:
            stripe.WebhookSignature.verify_header(body.decode(), signature, self._secret, _TOLERANCE)
            event = json.loads(body)
            kind, about = event["type"], event["data"]["object"]
            notice = Notice(id=event["id"], kind=kind, subject=about["id"])
        except (stripe.SignatureVerificationError, UnicodeDecodeError):
            raise InvalidInput("webhook_signature_invalid", "this is not signed with GATEHOUSE_STRIPE_WEBHOOK_SECRET, or too old") from None
        except (ValueError, LookupError, TypeError):
            raise InvalidInput("webhook_malformed", "this is no event of Stripe's") from None
        # An event that names an account is about one connected to ours.
        return notice if kind in (SETUP, *PAYMENTS) and not event.get("account") else None

    def follow(self, notice: Notice) -> MethodSaved | PaymentSeen | None:
        import stripe

        with _answering():
            try:
                return self._saved(notice.subject) if notice.kind == SETUP else self._seen(notice.subject)
            except stripe.InvalidRequestError as error:
                if error.http_status == 404:
                    return None  # of another account, or of the other of the two modes
                raise

    def _charged(self, due: Due, method: str) -> "PaymentIntent":
        return self._patient.v1.payment_intents.create(
            {
                "amount": due.amount,
                "currency": due.currency.lower(),
                "customer": due.customer,
                "payment_method": method,
                "confirm": True,
                "off_session": True,
                "metadata": {INVOICE: due.invoice, TRY: due.key},
            },
            {"idempotency_key": due.key},
        )

    def _made_before(self, due: Due) -> "PaymentIntent | None":
        made = self._patient.v1.payment_intents.list({"customer": due.customer, "limit": 100})
        return next((intent for intent in made.auto_paging_iter() if _meta(intent, TRY) == due.key), None)

    def _outcome(self, intent: "PaymentIntent") -> Outcome:
        if intent.status == "succeeded":
            return Outcome("paid", intent.id)
        if intent.status == "processing":
            return Outcome("pending", intent.id)
        if intent.status == "requires_action":
            # Its owner would have to be there. Left open, it could be paid beside the try that comes after it.
            self._patient.v1.payment_intents.cancel(intent.id)
            return Outcome("failed", intent.id, "authentication_required")
        error = intent.last_payment_error
        return Outcome("failed", intent.id, _reason(error.code if error else intent.status))

    def _saved(self, session_id: str) -> MethodSaved | None:
        page = self._patient.v1.checkout.sessions.retrieve(session_id, {"expand": ["setup_intent.payment_method"]})
        method = getattr(page.setup_intent, "payment_method", None)
        if page.mode != "setup" or page.status != "complete" or not page.customer or not method:
            return None
        customer = _customer(self._patient, str(page.customer))
        if (workspace_id := _workspace(customer)) is None:
            return None
        known = _default_method(customer)
        # News comes in any order: the card that was given last stays.
        if known is None or known.created <= method.created:
            self._patient.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
        return MethodSaved(customer.id, workspace_id)

    def _seen(self, intent_id: str) -> PaymentSeen | None:
        intent = self._patient.v1.payment_intents.retrieve(intent_id)
        if not (invoice := _meta(intent, INVOICE)) or not intent.customer:
            return None  # something else is paid through the same account
        return PaymentSeen(str(intent.customer), invoice, _meta(intent, TRY), self._outcome(intent))


def _customer(client: "StripeClient", customer: str) -> "Customer":
    return client.v1.customers.retrieve(customer, {"expand": ["invoice_settings.default_payment_method"]})


def _default_method(customer: "Customer") -> Any:
    return None if getattr(customer, "deleted", False) else customer.invoice_settings.default_payment_method  # type: ignore[union-attr]


def _workspace(customer: "Customer") -> UUID | None:
    try:
        return UUID(_meta(customer, WORKSPACE))
    except ValueError:
        return None  # a customer of something else that uses the same account


def _meta(thing: "PaymentIntent | Customer", name: str) -> str:
    return str(getattr(getattr(thing, "metadata", None), name, ""))


def _named(error: Any) -> str:
    intent = getattr(error.error, "payment_intent", None)
    return str(intent.id) if intent else ""


def _reason(code: str | None) -> str:
    return code if code and re.fullmatch(r"[a-z0-9_]{1,60}", code) else "declined"


@contextmanager
def _answering() -> Iterator[None]:
    import stripe

    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.IdempotencyError, stripe.APIError) as error:
        log.warning("Stripe does not answer: %s", type(error).__name__)
        raise _away() from None
    except stripe.InvalidRequestError as error:
        log.error("Stripe does not take what it is asked: %s", error.code)
        raise Conflict("payment_provider_refused", "the payment provider does not take this; its reason is in the log of billing") from None
    except stripe.StripeError as error:
        # Our key is not good for this.
        log.error("Stripe refuses: %s %s", type(error).__name__, error.code)
        raise _away() from None


def _away() -> Unavailable:
    return Unavailable("payment_provider_unavailable", "the payment provider does not answer: try again", {"retry_after": 5})


def _checked(name: str, value: str, shape: str) -> str:
    if not re.fullmatch(shape, value):
        how = "is not set" if not value else "is not one of Stripe's"
        raise SettingError(f"GATEHOUSE_{name.upper()} {how}: GATEHOUSE_PAYMENT_PROVIDER=stripe needs it")
    return value
