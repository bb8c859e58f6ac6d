"""Decisions."""

import time
from typing import Any
from uuid import UUID

from services.authz.events import PUBLIC
from services.authz.views import AuthzViews, Standing
from services.chassis.application import Application
from services.chassis.errors import Unavailable

# A caller who just changed something waits so long for this service to hear of it; the bus needs a few milliseconds.
PATIENCE = 2.0
_PAUSE = 0.005


class Authz(Application):
    name = "authz"
    public = PUBLIC
    views: AuthzViews

    def setup(self) -> None:
        if self.db:
            self.views = AuthzViews(self.db)

    def check(
        self,
        workspace_id: UUID,
        account_id: UUID,
        action: str,
        resource: dict[str, Any],
        at_least: int | None = None,
        patience: float = PATIENCE,
    ) -> dict[str, Any]:
        """Members may do anything, others nothing; decided on no less than the log of workspaces up to ``at_least``."""
        standing = self._standing(workspace_id, account_id, at_least or 0, patience)
        return {"allowed": standing.role is not None, "expires_at": standing.expires_at, "position": standing.position}

    def _standing(self, workspace_id: UUID, account_id: UUID, at_least: int, patience: float) -> Standing:
        deadline = time.monotonic() + patience
        while (standing := self.views.standing(workspace_id, account_id)).position < at_least:
            if time.monotonic() >= deadline:
                raise Unavailable("not_caught_up", "this service has not heard of that position yet: try again", {"retry_after": 1})
            time.sleep(_PAUSE)
        return standing
