from typing import Any

from services.billing.application import Billing
from services.billing.schemas import billing_info as schemas
from services.billing.schemas.subscriptions import OfWorkspace
from services.chassis.rpc import rpc
from services.chassis.schemas import made

Payload = dict[str, Any]


class BillingInfoCalls:
    app: Billing

    @rpc
    def get_billing_info(self, payload: Payload) -> Payload:
        query = made(OfWorkspace).load(payload)
        return made(schemas.BillingInfoAnswer).dump(self.app.get_billing_info(**query))

    @rpc
    def put_billing_info(self, payload: Payload) -> Payload:
        command = made(schemas.PutBillingInfo).load(payload)
        return made(schemas.BillingInfoAnswer).dump(self.app.put_billing_info(**command))
