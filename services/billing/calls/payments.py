from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.billing.application import Billing
from services.billing.schemas import payments as schemas
from services.billing.schemas.subscriptions import OfWorkspace
from services.chassis.rpc import rpc
from services.chassis.schemas import made

Payload = dict[str, Any]


class PaymentCalls:
    app: Billing
    clock: Callable[[], datetime]

    @rpc
    def get_payment_method(self, payload: Payload) -> Payload:
        return made(schemas.PaymentMethodAnswer).dump(self.app.get_payment_method(**made(OfWorkspace).load(payload)))

    @rpc
    def replace_payment_method(self, payload: Payload) -> Payload:
        return made(schemas.SetupAnswer).dump(self.app.replace_payment_method(**made(OfWorkspace).load(payload)))

    @rpc
    def mark_paid(self, payload: Payload) -> Payload:
        command = made(schemas.MarkPaid).load(payload)
        return made(schemas.PaidAnswer).dump(self.app.mark_paid(**command, now=self.clock()))

    @rpc
    def receive_webhook(self, payload: Payload) -> Payload:
        told = made(schemas.Webhook).load(payload)
        self.app.receive_webhook(told["body"].encode(), told["signature"])
        return {}
