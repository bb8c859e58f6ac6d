from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.billing.application import Billing
from services.billing.schemas import subscriptions as schemas
from services.chassis.rpc import rpc
from services.chassis.schemas import made

Payload = dict[str, Any]


class SubscriptionCalls:
    app: Billing
    clock: Callable[[], datetime]

    @rpc
    def plans(self, payload: Payload) -> Payload:
        return made(schemas.PlansAnswer).dump(self.app.plans())

    @rpc
    def limits_of(self, payload: Payload) -> Payload:
        query = made(schemas.OfWorkspace).load(payload)
        return made(schemas.LimitsAnswer).dump(self.app.limits_of(**query))

    @rpc
    def get_subscription(self, payload: Payload) -> Payload:
        query = made(schemas.AskSubscription).load(payload)
        with self.app.past(query["workspace_id"], query["at"], self.clock()) as now:
            found = self.app.get_subscription(query["workspace_id"], now)
        return made(schemas.SubscriptionAnswer).dump(found | ({"seats_used": query["seats_used"]} if query["at"] else {}))

    @rpc
    def change_subscription(self, payload: Payload) -> Payload:
        command = made(schemas.ChangeSubscription).load(payload)
        return made(schemas.SubscriptionAnswer).dump(self.app.change_subscription(**command, now=self.clock()))

    @rpc
    def charges(self, payload: Payload) -> Payload:
        query = made(schemas.OfWorkspace).load(payload)
        return made(schemas.ChargesAnswer).dump(self.app.charges(**query, now=self.clock()))
