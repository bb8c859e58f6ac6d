"""Links that are meant for nobody in particular."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.chassis.errors import Conflict, Unprocessable
from services.chassis.views import Row
from services.workspaces.application.shared import Shared
from services.workspaces.domain import OpenLink, Status, Workspace
from services.workspaces.links import Link


class OpenLinks(Shared):
    def open_link(
        self,
        workspace_id: UUID,
        role: str,
        invited_by: UUID,
        now: datetime,
        max_uses: int | None = None,
        expires_at: datetime | None = None,
        groups: Sequence[UUID] = (),
    ) -> Row:
        workspace = self._workspace(workspace_id)
        until = expires_at or now + timedelta(days=min(self.settings.invitation_days, self.settings.open_link_days))
        uses = max_uses or min(10, self.settings.open_link_uses)
        self._check_bounds(uses, until, now)
        link = OpenLink(
            workspace_id=workspace_id,
            workspace_version=workspace.version,
            role=role,
            invited_by=invited_by,
            max_uses=uses,
            expires_at=until,
            groups=groups,
        )
        self.save(link)
        return self._opening(link, now)

    def _check_bounds(self, uses: int, until: datetime, now: datetime) -> None:
        wrong = {}
        if uses > (most := self.settings.open_link_uses):
            wrong["max_uses"] = [f"Not more than {most}."]
        if not now < until <= now + timedelta(days=self.settings.open_link_days):
            wrong["expires_at"] = [f"Lies in the past, or more than {self.settings.open_link_days} days ahead."]
        if wrong:
            raise Unprocessable("invalid_fields", "see errors for what is wrong with each field", wrong)

    def _withdraw_open_link(self, link: OpenLink) -> None:
        link.withdraw()
        self.save(link)

    def _enter(self, workspace: Workspace, link: OpenLink, account_id: UUID, now: datetime) -> Row:
        """A member who comes again changes nothing, and uses nothing up."""
        if workspace.role_of(account_id, now) is None:
            if workspace.departed_since(link.workspace_version, account_id):
                raise Conflict("invitation_withdrawn", "it is older than the end of your membership: ask for a new one")
            link.use(account_id, now)
            workspace.join(account_id, link.role, self._limit(workspace), now, link.id, link.groups)
            self.save(link, workspace)
        return self._summary(workspace, account_id, now)

    def _opening(self, link: OpenLink, now: datetime) -> Row:
        status = link.status(now)
        return {
            "id": link.id,
            "email": None,
            "role": link.role,
            "status": status,
            "invited_by": link.invited_by,
            "expires_at": link.expires_at,
            "link": self._url(Link.open(link.workspace_id, link.id), status),
            "open": True,
            "max_uses": link.max_uses,
            "uses": link.uses,
        }

    def _url(self, link: Link, status: str) -> str | None:
        """Only where it still opens something."""
        return f"{self.settings.url}/invitations/{link.token(self.keys)}" if status == Status.PENDING else None
