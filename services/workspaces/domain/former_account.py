from uuid import UUID, uuid5

from services.chassis.domain import Aggregate, event


class FormerAccount(Aggregate):
    """That an account was erased: whatever of its still arrives is too late."""

    TOPIC = "workspaces.former_account"

    class Created(Aggregate.Created):
        TOPIC = "workspaces.account.forgotten"
        account_id: UUID

    @event(Created)
    def __init__(self, account_id: UUID) -> None:
        self.account_id = account_id

    @staticmethod
    def create_id(account_id: UUID) -> UUID:
        return uuid5(account_id, "erased")
