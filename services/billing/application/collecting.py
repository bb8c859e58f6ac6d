import logging
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from threading import Lock

from services.billing import metrics
from services.billing.application.closing import BATCH
from services.billing.application.payment_methods import PaymentMethods
from services.billing.application.payments import Payments
from services.billing.domain.notice import Notice
from services.billing.domain.payment import Payment
from services.billing.payments import Due, MethodSaved, Outcome, PaymentSeen
from services.billing.payments import Notice as Told
from services.chassis import crash
from services.chassis.errors import Conflict, Unavailable
from services.chassis.views import Row

log = logging.getLogger(__name__)

# So many in one round: each may take seconds, and other housekeeping waits.
_BATCH = 20
# From one round to the next while the provider is away.
_SHORTEST, _LONGEST = timedelta(seconds=5), timedelta(minutes=5)
_NO_METHOD = Outcome("failed", reason="payment_method_missing")


class Collecting(Payments, PaymentMethods):
    """Having invoices paid by the provider. Called by the worker alone, and again wherever it was killed: see ``Provider.charge``."""

    def setup(self) -> None:
        super().setup()
        self._pause, self._paused_until = timedelta(), datetime.min.replace(tzinfo=UTC)
        self._turn = Lock()

    def collect_due(self, now: datetime) -> None:
        """Whatever is due by now; where no provider pays by itself, an invoice whose time is over counts as not paid."""
        if not self.provider.collects:
            for row in self.invoices.unpaid_since(now, BATCH):
                self.payment_failed(row["number"], now, "not_paid")
        elif now >= self._paused_until and self._turn.acquire(blocking=False):
            # Two threads at one payment would do no harm, but the provider would have to keep them apart.
            try:
                self._collect_all(now)
            finally:
                self._turn.release()

    def _collect_all(self, now: datetime) -> None:
        try:
            for number in self.due_payments.due(now, _BATCH):
                self.collect(number, now)
            self._pause = timedelta()
        except Unavailable:
            # It is away for all of them: what was begun goes on later, at first soon.
            metrics.unanswered.inc()
            self._pause = min(max(2 * self._pause, _SHORTEST), _LONGEST)
            self._paused_until = now + self._pause

    def collect(self, number: str, now: datetime) -> None:
        """One try; or, if one was begun before, what has become of it. Without a card the invoice waits until it is due."""
        invoice = self.find_invoice(number)
        if not self.provider.collects or not invoice.open:
            return
        payment = self.find(Payment, Payment.create_id(number)) or Payment(workspace_id=invoice.workspace_id, number=number)
        account = self.payment_account(invoice.workspace_id)
        ready = account is not None and account.has_method
        if not (ready or payment.pending or now >= invoice.due_at):
            payment.postpone(invoice.due_at)
            self.save(payment)
            return
        again = payment.begin(account.customer if account else "", invoice.owed, invoice.currency) == "again"
        self.save(payment)
        crash.point("billing.payment.begun")
        outcome = self.provider.charge(_due(payment, again)) if payment.customer else _NO_METHOD
        crash.point("billing.payment.charged")
        self._finish(number, payment.attempt, outcome, now)
        crash.point("billing.payment.finished")

    def mark_paid(self, number: str, reference: str, now: datetime) -> Row:
        """By an operator, who has seen the money come in some other way."""
        invoice = self.find_invoice(number)
        payment = self.find(Payment, Payment.create_id(number))
        if payment and payment.pending:
            raise Conflict("payment_pending", f"the payment provider is being asked to take {number}: try again when it has answered")
        if not self.record_payment(number, now, reference):
            raise Conflict("invoice_not_open", f"there is nothing to be paid of {number}: it is paid, or credited in full")
        return {"number": number, "workspace_id": invoice.workspace_id, "paid_at": now, "reference": reference}

    def receive_webhook(self, body: bytes, signature: str) -> None:
        """Raises InvalidInput, with nothing changed, unless the provider has signed it just now. What comes again changes nothing."""
        told = self.provider.heard(body, signature)
        if told and self.find(Notice, Notice.create_id(self.provider.name, told.id)) is None:
            self.save(Notice(provider=self.provider.name, notice=told.id, kind=told.kind, about=told.subject))

    def follow(self, provider: str, told: Told, now: datetime) -> None:
        """Looks up what is so by now at the provider, in whatever order it told of it; nothing happens for whom we do not know."""
        if provider != self.provider.name:
            return
        match self.provider.follow(told):
            case MethodSaved() as saved:
                self._take_method(saved, now)
            case PaymentSeen() as seen:
                self._take_payment(seen, now)

    def _take_method(self, saved: MethodSaved, now: datetime) -> None:
        account = self.payment_account(saved.workspace_id)
        if account and account.customer == saved.customer:
            account.give_method(now)
            self.save(account)

    def _take_payment(self, seen: PaymentSeen, now: datetime) -> None:
        payment = self.find(Payment, Payment.create_id(seen.invoice))
        if payment and payment.customer == seen.customer:
            self._finish(seen.invoice, _attempt(seen.key), seen.outcome, now)

    def _finish(self, number: str, attempt: int, outcome: Outcome, now: datetime) -> None:
        """All or nothing. Still pending, it stays begun and is asked for again."""
        payment = self.load(Payment, Payment.create_id(number))
        with self.database.transaction() if self.db else nullcontext():
            if outcome.state == "paid" and payment.succeed(attempt, outcome.reference):
                self.save(payment)
                metrics.tries.labels("paid").inc()
                if not self.record_payment(number, now, outcome.reference):
                    log.error("invoice %s was paid more than once: give %s back", number, outcome.reference)
            elif outcome.state != "pending" and payment.decline(attempt, outcome.reference, outcome.reason, now):
                self.save(payment)
                metrics.tries.labels(outcome.state).inc()
                if outcome.state == "failed":
                    self.payment_failed(number, now, outcome.reason)


def _due(payment: Payment, again: bool) -> Due:
    return Due(
        # With the workspace's id, so that no other installation that uses the same account can ever mean the same.
        key=f"{payment.workspace_id}/{payment.number}/{payment.attempt}",
        invoice=payment.number,
        customer=payment.customer,
        amount=payment.amount,
        currency=payment.currency,
        again=again,
    )


def _attempt(key: str) -> int:
    last = key.rpartition("/")[2]
    return int(last) if last.isdecimal() else 0
