from datetime import datetime
from uuid import UUID, uuid5

from services.chassis.domain import Aggregate, event


class PaymentAccount(Aggregate):
    """What the payment provider calls a workspace. Its cards are the provider's alone."""

    TOPIC = "billing.payment_account"

    class Created(Aggregate.Created):
        TOPIC = "billing.payment_account.opened"
        workspace_id: UUID
        provider: str
        customer: str

    class MethodGiven(Aggregate.Event):
        TOPIC = "billing.payment_method.given"
        workspace_id: UUID
        given_at: datetime

    @event(Created)
    def __init__(self, workspace_id: UUID, provider: str, customer: str) -> None:
        self.workspace_id, self.provider, self.customer = workspace_id, provider, customer
        self.has_method = False

    @staticmethod
    def create_id(workspace_id: UUID, provider: str) -> UUID:
        return uuid5(workspace_id, f"payment account {provider}")

    def give_method(self, at: datetime) -> None:
        """Which one it is, the provider knows."""
        self._method_given(self.workspace_id, at)

    @event(MethodGiven)
    def _method_given(self, workspace_id: UUID, given_at: datetime) -> None:
        self.has_method = True
