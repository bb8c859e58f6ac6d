"""What was tried on an account and refused."""

from uuid import UUID

from services.chassis.domain import Aggregate, event


class Refusal(Aggregate):
    """One wrong password beside signing in, or one dead link. Each has a stream of its own, so that a flood of them waits for nobody."""

    TOPIC = "identity.refusal"

    class Created(Aggregate.Created):
        TOPIC = "identity.account.attempt_refused"
        account_id: UUID
        code: str

    @event(Created)
    def __init__(self, account_id: UUID, code: str) -> None:
        self.account_id, self.code = account_id, code
