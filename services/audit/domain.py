"""What this service puts on record itself."""

from datetime import datetime
from uuid import UUID

from services.chassis.domain import Aggregate, event


class Attempt(Aggregate):
    """Attempts that gateways refused, alike in all but the moment. Each has a stream of its own: a flood of them waits for nobody."""

    TOPIC = "audit.attempt"

    class Created(Aggregate.Created):
        TOPIC = "audit.attempt.refused"
        kind: str
        code: str
        route: str
        count: int
        since: datetime
        account_id: UUID | None
        workspace_id: UUID | None

    @event(Created)
    def __init__(
        self, kind: str, code: str, route: str, count: int, since: datetime, account_id: UUID | None, workspace_id: UUID | None
    ) -> None:
        self.kind, self.code, self.route, self.count, self.since = kind, code, route, count, since
        self.account_id, self.workspace_id = account_id, workspace_id
