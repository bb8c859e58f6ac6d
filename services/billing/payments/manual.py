"""Invoices go out by mail, and an operator says when one is paid."""

from uuid import UUID

from services.billing.payments.provider import Due, Method, MethodSaved, Notice, Outcome, PaymentSeen
from services.chassis.errors import Conflict, NotFound


class Manual:
    name, collects = "manual", False

    def check(self) -> None:
        """There is nobody to be let in by."""

    def open_setup(self, workspace_id: UUID, customer: str, back_to: str) -> tuple[str, str]:
        raise Conflict("payment_method_not_used", "invoices of this installation are paid as they say: no payment method is kept")

    def method(self, customer: str) -> Method | None:
        return None

    def charge(self, due: Due) -> Outcome:
        return Outcome("pending")

    def heard(self, body: bytes, signature: str) -> Notice | None:
        raise NotFound("not_found", "this installation has no payment provider that would call here")

    def follow(self, notice: Notice) -> MethodSaved | PaymentSeen | None:
        return None
