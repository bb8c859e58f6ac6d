"""What is put on record of reports: not each of them, but that a run began, ended, or was pushed."""

from uuid import UUID

from services.chassis.domain import Aggregate, event


class Report(Aggregate):
    """Each has a stream of its own, so that many runs at once wait for nobody."""

    TOPIC = "experiments.report"

    class Created(Aggregate.Created):
        TOPIC = "experiments.run.reported"
        run_id: UUID
        workspace_id: UUID
        account_id: UUID
        kind: str

    @event(Created)
    def __init__(self, run_id: UUID, workspace_id: UUID, account_id: UUID, kind: str) -> None:
        self.run_id, self.workspace_id, self.account_id, self.kind = run_id, workspace_id, account_id, kind


class Push(Aggregate):
    TOPIC = "experiments.push"

    class Created(Aggregate.Created):
        TOPIC = "experiments.run.pushed"
        workspace_id: UUID
        account_id: UUID
        pushed: int
        removed: int

    @event(Created)
    def __init__(self, workspace_id: UUID, account_id: UUID, pushed: int, removed: int) -> None:
        self.workspace_id, self.account_id, self.pushed, self.removed = workspace_id, account_id, pushed, removed
