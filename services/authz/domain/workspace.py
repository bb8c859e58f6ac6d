from uuid import UUID, uuid5

from services.chassis.domain import Aggregate, event


class Workspace(Aggregate):
    """That a workspace is gone, and with it all that was decided in it."""

    TOPIC = "authz.workspace"

    class Created(Aggregate.Created):
        TOPIC = "authz.workspace.closed"
        workspace_id: UUID

    @event(Created)
    def __init__(self, workspace_id: UUID) -> None:
        self.workspace_id = workspace_id

    @staticmethod
    def create_id(workspace_id: UUID) -> UUID:
        return uuid5(workspace_id, "closed")
