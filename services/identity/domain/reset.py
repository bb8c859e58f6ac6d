"""Requests to reset a password."""

from uuid import UUID

from services.chassis.domain import Aggregate, event


class ResetRequest(Aggregate):
    """One request, whether there is such an account or not: both cost the same and are on record. Each has a stream of its own."""

    TOPIC = "identity.reset"

    class Created(Aggregate.Created):
        TOPIC = "identity.password.reset_requested"
        address_id: UUID
        account_id: UUID | None

    @event(Created)
    def __init__(self, address_id: UUID, account_id: UUID | None) -> None:
        self.address_id, self.account_id = address_id, account_id
