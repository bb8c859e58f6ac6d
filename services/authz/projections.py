"""What this service keeps of what others tell."""

from services.authz.views import members
from services.chassis.projections import Projection, on
from services.chassis.public import PublicEvent
from services.chassis.views import Rows


class MembersOfWorkspaces(Projection):
    name = "members"
    version = 2
    tables = (members,)
    sources = ("workspaces",)

    @on("workspaces.member.joined")
    def joined(self, event: PublicEvent, rows: Rows) -> None:
        rows.put(members, workspace_id=event.workspace_id, account_id=event.data["account_id"], role=event.data["role"], expires_at=None)

    @on("workspaces.member.role_changed")
    def role_changed(self, event: PublicEvent, rows: Rows) -> None:
        rows.change(members, _member(event), role=event.data["role"])

    @on("workspaces.member.term_set")
    def term_set(self, event: PublicEvent, rows: Rows) -> None:
        rows.change(members, _member(event), expires_at=event.data["expires_at"])

    @on("workspaces.member.removed", "workspaces.member.left")
    def gone(self, event: PublicEvent, rows: Rows) -> None:
        rows.remove(members, **_member(event))

    @on("workspaces.workspace.deleted")
    def deleted(self, event: PublicEvent, rows: Rows) -> None:
        rows.remove_where(members, workspace_id=event.workspace_id)


def _member(event: PublicEvent) -> dict[str, str]:
    return {"workspace_id": event.workspace_id, "account_id": event.data["account_id"]}
