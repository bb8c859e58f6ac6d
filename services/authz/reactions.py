"""Membership, as the service of workspaces tells it: copied into the own log, so that one log holds all that decides."""

from datetime import datetime
from uuid import UUID

from services.authz.application import Authz
from services.authz.application.shared import MEMBERSHIPS
from services.chassis.projections import on
from services.chassis.public import PublicEvent
from services.chassis.reactions import Reaction


class Memberships(Reaction):
    name = MEMBERSHIPS
    sources = ("workspaces",)
    # A departure that was set aside would leave the door open.
    parks = False
    # Decisions wait for it.
    pace = 0.02
    app: Authz

    @on("workspaces.member.joined")
    def joined(self, event: PublicEvent) -> None:
        groups = [UUID(group_id) for group_id in event.data.get("groups", ())]
        self.app.admit(*_member(event), event.data["role"], groups)

    @on("workspaces.member.role_changed")
    def role_changed(self, event: PublicEvent) -> None:
        self.app.change_role(*_member(event), event.data["role"])

    @on("workspaces.member.term_set")
    def term_set(self, event: PublicEvent) -> None:
        expires_at = event.data["expires_at"]
        self.app.set_term(*_member(event), datetime.fromisoformat(expires_at) if expires_at else None)

    @on("workspaces.member.removed", "workspaces.member.left")
    def gone(self, event: PublicEvent) -> None:
        self.app.depart(*_member(event))

    @on("workspaces.workspace.deleted")
    def deleted(self, event: PublicEvent) -> None:
        self.app.close_workspace(UUID(event.workspace_id))


class Payments(Reaction):
    name = "payments"
    sources = ("billing",)
    # A workspace that was paid for must not stay closed.
    parks = False
    app: Authz

    @on("billing.subscription.closed")
    def closed(self, event: PublicEvent) -> None:
        self.app.suspend_workspace(UUID(event.workspace_id))

    @on("billing.subscription.reopened")
    def reopened(self, event: PublicEvent) -> None:
        self.app.resume_workspace(UUID(event.workspace_id))


def _member(event: PublicEvent) -> tuple[UUID, UUID]:
    return UUID(event.workspace_id), UUID(event.data["account_id"])
