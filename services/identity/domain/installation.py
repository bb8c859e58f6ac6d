"""The installation itself."""

from uuid import NAMESPACE_URL, UUID, uuid5

from services.chassis.domain import Aggregate, event
from services.chassis.errors import Conflict


class Installation(Aggregate):
    """There is one. Who claims it becomes its operator; of two who try at once the store refuses one.

    It keeps count of its operators, so that it is never without one, whoever removes whom at the same moment.
    """

    TOPIC = "identity.installation"

    class Created(Aggregate.Created):
        TOPIC = "identity.installation.claimed"
        account_id: UUID

    class OperatorsChanged(Aggregate.Event):
        TOPIC = "identity.installation.operators_changed"
        account_ids: list[UUID]

    @event(Created)
    def __init__(self, account_id: UUID) -> None:
        self.operators = [account_id]

    @staticmethod
    def create_id() -> UUID:
        return uuid5(NAMESPACE_URL, "/identity/installation")

    def admit(self, account_id: UUID) -> None:
        if account_id not in self.operators:
            self._operators_changed(account_ids=[*self.operators, account_id])

    def dismiss(self, account_id: UUID) -> None:
        others = [id for id in self.operators if id != account_id]
        if not others:
            raise Conflict("last_operator", "make somebody else an operator first: an installation cannot be without one")
        if others != self.operators:
            self._operators_changed(account_ids=others)

    @event(OperatorsChanged)
    def _operators_changed(self, account_ids: list[UUID]) -> None:
        self.operators = account_ids
