"""The entrypoints of this service."""

from typing import Any

from services.chassis.rpc import Clock, EventSourced, rpc
from services.chassis.schemas import made
from services.chassis.service import Service
from services.chassis.spec import ServiceSpec
from services.workspaces import schemas
from services.workspaces.application import Workspaces
from services.workspaces.reactions import AccountReactions, Mails, Plans, VaultAlerts

Payload = dict[str, Any]


class WorkspacesService(Service):
    name = "workspaces"

    app = EventSourced(Workspaces)
    clock = Clock()

    @rpc
    def create_workspace(self, payload: Payload) -> Payload:
        command = made(schemas.CreateWorkspace).load(payload)
        return made(schemas.WorkspaceAnswer).dump(self.app.create_workspace(**command, now=self.clock()))

    @rpc
    def list_workspaces(self, payload: Payload) -> Payload:
        query = made(schemas.ListWorkspaces).load(payload)
        return made(schemas.WorkspacesAnswer).dump(self.app.list_workspaces(**query, now=self.clock()))

    @rpc
    def get_workspace(self, payload: Payload) -> Payload:
        query = made(schemas.OfMember).load(payload)
        return made(schemas.WorkspaceAnswer).dump(self.app.get_workspace(**query, now=self.clock()))

    @rpc
    def change_workspace(self, payload: Payload) -> Payload:
        command = made(schemas.ChangeWorkspace).load(payload)
        return made(schemas.WorkspaceAnswer).dump(self.app.change_workspace(**command, now=self.clock()))

    @rpc
    def set_member_limit(self, payload: Payload) -> Payload:
        """For whoever knows the workspace's plan."""
        self.app.set_member_limit(**made(schemas.SetMemberLimit).load(payload), now=self.clock())
        return {}

    @rpc
    def growth(self, payload: Payload) -> Payload:
        query = made(schemas.OfWorkspace).load(payload)
        return made(schemas.GrowthAnswer).dump(self.app.growth(**query, now=self.clock()))

    @rpc
    def check_existed(self, payload: Payload) -> Payload:
        """For whoever asks about the past: refuses a moment that the workspace was not there yet."""
        self.app.check_existed(**made(schemas.CheckExisted).load(payload))
        return {}

    @rpc
    def seats_used(self, payload: Payload) -> Payload:
        query = made(schemas.SeatsUsed).load(payload)
        with self.app.past(query["workspace_id"], query["at"], self.clock()) as now:
            return {"seats_used": self.app.seats_used(query["workspace_id"], now)}

    @rpc
    def delete_workspace(self, payload: Payload) -> Payload:
        self.app.delete_workspace(**made(schemas.OfWorkspace).load(payload))
        return {}

    @rpc
    def personal_workspace(self, payload: Payload) -> Payload:
        query = made(schemas.OfAccount).load(payload)
        return made(schemas.PersonalAnswer).dump({"workspace_id": self.app.personal_workspace(**query)})

    @rpc
    def role(self, payload: Payload) -> Payload:
        query = made(schemas.OfMember).load(payload)
        return made(schemas.RoleAnswer).dump(self.app.role(**query, now=self.clock()))

    @rpc
    def sole_admin_of(self, payload: Payload) -> Payload:
        query = made(schemas.OfAccount).load(payload)
        return made(schemas.SoleAdminAnswer).dump({"workspaces": self.app.sole_admin_of(**query, now=self.clock())})

    @rpc
    def list_members(self, payload: Payload) -> Payload:
        query = made(schemas.ListMembers).load(payload)
        with self.app.past(query["workspace_id"], query.pop("at"), self.clock()) as now:
            return made(schemas.MembersAnswer).dump(self.app.list_members(**query, now=now))

    @rpc
    def change_member(self, payload: Payload) -> Payload:
        command = made(schemas.ChangeMember).load(payload)
        self.app.change_member(**command, now=self.clock())
        changed = self.app.get_member(command["workspace_id"], command["account_id"])
        return made(schemas.MemberAnswer).dump({**changed, "email": None, "status": "active", "invited_at": None} if changed else {})

    @rpc
    def remove_member(self, payload: Payload) -> Payload:
        self.app.remove_member(**made(schemas.OfMember).load(payload))
        return {}

    @rpc
    def leave_workspace(self, payload: Payload) -> Payload:
        self.app.leave_workspace(**made(schemas.OfMember).load(payload))
        return {}

    @rpc
    def invite(self, payload: Payload) -> Payload:
        command = made(schemas.Invite).load(payload)
        return made(schemas.InvitationAnswer).dump(self.app.invite(**command, now=self.clock()))

    @rpc
    def open_link(self, payload: Payload) -> Payload:
        command = made(schemas.MakeOpenLink).load(payload)
        return made(schemas.InvitationAnswer).dump(self.app.open_link(**command, now=self.clock()))

    @rpc
    def list_invitations(self, payload: Payload) -> Payload:
        query = made(schemas.ListOfWorkspace).load(payload)
        with self.app.past(query["workspace_id"], query.pop("at"), self.clock()) as now:
            return made(schemas.InvitationsAnswer).dump(self.app.list_invitations(**query, now=now))

    @rpc
    def withdraw_invitation(self, payload: Payload) -> Payload:
        self.app.withdraw_invitation(**made(schemas.WithdrawInvitation).load(payload))
        return {}

    @rpc
    def get_invitation(self, payload: Payload) -> Payload:
        query = made(schemas.GetInvitation).load(payload)
        return made(schemas.OfferAnswer).dump(self.app.get_invitation(**query, now=self.clock()))

    @rpc
    def accept_invitation(self, payload: Payload) -> Payload:
        command = made(schemas.AnswerInvitation).load(payload)
        return made(schemas.WorkspaceAnswer).dump(self.app.accept_invitation(**command, now=self.clock()))

    @rpc
    def decline_invitation(self, payload: Payload) -> Payload:
        self.app.decline_invitation(**made(schemas.AnswerInvitation).load(payload), now=self.clock())
        return {}

    @rpc
    def list_notices(self, payload: Payload) -> Payload:
        query = made(schemas.ListNotices).load(payload)
        return made(schemas.NoticesAnswer).dump(self.app.list_notices(**query, now=self.clock()))

    @rpc
    def read_notice(self, payload: Payload) -> Payload:
        self.app.read_notice(**made(schemas.ReadNotice).load(payload))
        return {}


SPEC = ServiceSpec(service=WorkspacesService, application=Workspaces, reactions=(AccountReactions, Mails, Plans, VaultAlerts))
