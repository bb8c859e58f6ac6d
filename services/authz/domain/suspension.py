from uuid import UUID, uuid5

from services.chassis.domain import Aggregate, event


class Suspension(Aggregate):
    """Whether a workspace's resources are closed until it has paid. Who is a member, and what groups and rules say, stays as it is."""

    TOPIC = "authz.suspension"

    class Created(Aggregate.Created):
        TOPIC = "authz.suspension.opened"
        workspace_id: UUID

    class Suspended(Aggregate.Event):
        TOPIC = "authz.workspace.suspended"
        workspace_id: UUID

    class Resumed(Aggregate.Event):
        TOPIC = "authz.workspace.resumed"
        workspace_id: UUID

    @event(Created)
    def __init__(self, workspace_id: UUID) -> None:
        self.workspace_id = workspace_id
        self.in_force = False

    @staticmethod
    def create_id(workspace_id: UUID) -> UUID:
        return uuid5(workspace_id, "suspension")

    def suspend(self) -> None:
        if not self.in_force:
            self._suspended(workspace_id=self.workspace_id)

    def resume(self) -> None:
        if self.in_force:
            self._resumed(workspace_id=self.workspace_id)

    @event(Suspended)
    def _suspended(self, workspace_id: UUID) -> None:
        self.in_force = True

    @event(Resumed)
    def _resumed(self, workspace_id: UUID) -> None:
        self.in_force = False
