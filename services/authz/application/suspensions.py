from uuid import UUID

from services.authz.application.shared import Shared
from services.authz.domain import Suspension


class Suspensions(Shared):
    """What the service of billing told."""

    def suspend_workspace(self, workspace_id: UUID) -> None:
        suspension = self.find(Suspension, Suspension.create_id(workspace_id)) or Suspension(workspace_id=workspace_id)
        suspension.suspend()
        self.save(suspension)

    def resume_workspace(self, workspace_id: UUID) -> None:
        if suspension := self.find(Suspension, Suspension.create_id(workspace_id)):
            suspension.resume()
            self.save(suspension)
