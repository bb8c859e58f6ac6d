from datetime import datetime

from services.billing.views.heads import heads, workspaces
from services.chassis.projections import Projection, on
from services.chassis.public import PublicEvent
from services.chassis.views import Rows


class Heads(Projection):
    """Members and pending invitations, as workspaces tell of them."""

    name, tables, sources = "heads", (heads, workspaces), ("workspaces",)

    @on("workspaces.workspace.created")
    def created(self, event: PublicEvent, rows: Rows) -> None:
        rows.put(workspaces, id=event.workspace_id)

    @on("workspaces.workspace.deleted")
    def deleted(self, event: PublicEvent, rows: Rows) -> None:
        rows.remove(workspaces, id=event.workspace_id)
        rows.remove_where(heads, workspace_id=event.workspace_id)

    @on("workspaces.member.invited")
    def invited(self, event: PublicEvent, rows: Rows) -> None:
        until = datetime.fromisoformat(event.data["expires_at"])
        rows.put(heads, workspace_id=event.workspace_id, holder_id=event.data["invitation_id"], pending=True, until=until)

    @on("workspaces.invitation.declined", "workspaces.invitation.withdrawn")
    def not_taken(self, event: PublicEvent, rows: Rows) -> None:
        rows.remove(heads, workspace_id=event.workspace_id, holder_id=event.data["invitation_id"])

    @on("workspaces.member.joined")
    def joined(self, event: PublicEvent, rows: Rows) -> None:
        rows.remove(heads, workspace_id=event.workspace_id, holder_id=event.data["invitation_id"])
        rows.put(heads, workspace_id=event.workspace_id, holder_id=event.data["account_id"], pending=False, until=None)

    @on("workspaces.member.removed", "workspaces.member.left")
    def gone(self, event: PublicEvent, rows: Rows) -> None:
        rows.remove(heads, workspace_id=event.workspace_id, holder_id=event.data["account_id"])

    @on("workspaces.member.term_set")
    def given_a_term(self, event: PublicEvent, rows: Rows) -> None:
        until = event.data["expires_at"] and datetime.fromisoformat(event.data["expires_at"])
        rows.change(heads, {"workspace_id": event.workspace_id, "holder_id": event.data["account_id"]}, until=until)
