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


class Export(Aggregate):
    """That somebody had the whole journal written out."""

    TOPIC = "audit.export"

    class Created(Aggregate.Created):
        TOPIC = "audit.journal.exported"
        after: str

    @event(Created)
    def __init__(self, after: str) -> None:
        self.after = after


class WorkspaceExport(Aggregate):
    """That somebody had a workspace's entries written out or told."""

    TOPIC = "audit.workspace_export"

    class Created(Aggregate.Created):
        TOPIC = "audit.entries.exported"
        workspace_id: UUID
        format: str
        after: str
        filters: list[str]

    @event(Created)
    def __init__(self, workspace_id: UUID, format: str, after: str, filters: list[str]) -> None:
        self.workspace_id, self.format, self.after, self.filters = workspace_id, format, after, filters


class SinkSwitch(Aggregate):
    """That a sink gets no more entries, or gets them again."""

    TOPIC = "audit.sink"

    class Created(Aggregate.Created):
        TOPIC = "audit.sink.switched"
        name: str
        enabled: bool
        reason: str

    @event(Created)
    def __init__(self, name: str, enabled: bool, reason: str) -> None:
        self.name, self.enabled, self.reason = name, enabled, reason


class Reading(Aggregate):
    """That somebody read in the journal: so many times in a while. Each has a stream of its own, as refused attempts have."""

    TOPIC = "audit.reading"

    class Created(Aggregate.Created):
        TOPIC = "audit.journal.read"
        scope: str
        count: int
        since: datetime
        workspace_id: UUID | None

    @event(Created)
    def __init__(self, scope: str, count: int, since: datetime, workspace_id: UUID | None) -> None:
        self.scope, self.count, self.since, self.workspace_id = scope, count, since, workspace_id


class Archive(Aggregate):
    """A month of the journal that was written to a file and dropped."""

    TOPIC = "audit.archive"

    class Created(Aggregate.Created):
        TOPIC = "audit.journal.sealed"
        month: str
        file: str
        entries: int
        sha256: str
        unacknowledged: int

    @event(Created)
    def __init__(self, month: str, file: str, entries: int, sha256: str, unacknowledged: int) -> None:
        self.month, self.file, self.entries, self.sha256, self.unacknowledged = month, file, entries, sha256, unacknowledged
