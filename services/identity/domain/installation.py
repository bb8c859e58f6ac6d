"""The installation itself."""

from uuid import NAMESPACE_URL, UUID, uuid5

from services.chassis.domain import Aggregate, event


class Installation(Aggregate):
    """There is one. Who claims it becomes its operator; of two who try at once the store refuses one."""

    TOPIC = "identity.installation"

    class Created(Aggregate.Created):
        TOPIC = "identity.installation.claimed"
        account_id: UUID

    @event(Created)
    def __init__(self, account_id: UUID) -> None:
        self.account_id = account_id

    @staticmethod
    def create_id() -> UUID:
        return uuid5(NAMESPACE_URL, "/identity/installation")
