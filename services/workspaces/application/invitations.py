from datetime import datetime, timedelta
from uuid import UUID

from services.chassis.addresses import normalise
from services.chassis.errors import Conflict, NotFound
from services.chassis.views import Row
from services.workspaces.application.shared import Shared, no_workspace
from services.workspaces.domain import Invitation, Status, Terms, Workspace
from services.workspaces.links import Link


class Invitations(Shared):
    def invite(self, workspace_id: UUID, email: str, role: str, invited_by: UUID, now: datetime) -> Row:
        """An address that is invited already keeps the invitation it has; one that was before gets a new round."""
        address_id = self.keys.blind_id("email", normalise(email))
        invitation_id = Invitation.create_id(workspace_id, address_id)
        workspace, known = self.find_all((Workspace, workspace_id), (Invitation, invitation_id))
        if workspace is None or workspace.deleted:
            raise no_workspace()
        if known and _still_good(known, workspace, now):
            return self._offer(known, now)
        expires_at = now + timedelta(days=self.settings.invitation_days)
        terms = Terms(workspace_version=workspace.version, role=role, invited_by=invited_by, expires_at=expires_at)
        self.ring.introduce(Invitation.subject_id(invitation_id, known.round + 1 if known else 1))
        invitation = Invitation.sent(workspace_id, address_id, email, terms) if known is None else known.renewed(email, terms)
        workspace.hold_seat(invitation.id, invitation.expires_at, self.settings.member_limit, now)
        self.save(invitation, workspace)
        return self._offer(invitation, now)

    def withdraw_invitation(self, workspace_id: UUID, invitation_id: UUID) -> None:
        workspace, invitation = self._workspace(workspace_id), self.load(Invitation, invitation_id)
        if invitation.workspace_id != workspace_id:
            raise NotFound("invitation_not_found", "there is no invitation with this id")
        invitation.withdraw()
        workspace.release_seat(invitation.id)
        self.save(invitation, workspace)

    def get_invitation(self, token: str, now: datetime) -> Row:
        link = Link.read(token, self.keys)
        workspace, invitation = self._invited(link)
        status = invitation.status(now) if link.round == invitation.round else Status.WITHDRAWN
        return {"workspace_name": workspace.name, "role": invitation.role, "status": status, "expires_at": invitation.expires_at}

    def accept_invitation(self, token: str, account_id: UUID, address_ids: list[UUID], now: datetime) -> Row:
        """A repeat by the same member changes nothing."""
        link = Link.read(token, self.keys)
        workspace, invitation = self._invited(link)
        already = workspace.role_of(account_id) is not None
        invitation.accept(account_id, address_ids, link.round, now, already_member=already)
        if workspace.departed_since(invitation.workspace_version, account_id):
            raise Conflict("invitation_withdrawn", "it is older than the end of your membership: ask for a new one")
        workspace.join(account_id, invitation.role, self.settings.member_limit, invitation.id)
        self.save(invitation, workspace)
        return self._summary(workspace, account_id)

    def decline_invitation(self, token: str, account_id: UUID, address_ids: list[UUID], now: datetime) -> None:
        """A repeat changes nothing."""
        link = Link.read(token, self.keys)
        workspace, invitation = self._invited(link)
        invitation.decline(account_id, address_ids, link.round, now)
        workspace.release_seat(invitation.id)
        self.save(invitation, workspace)

    def list_invitations(self, workspace_id: UUID, now: datetime, limit: int, cursor: str | None) -> Row:
        page = self.views.invitations(workspace_id, now, limit, cursor)
        return {
            **page,
            "items": [{**row, "link": self._url(Link(workspace_id, row["id"], row["round"]), row["status"])} for row in page["items"]],
        }

    def letter(self, invitation_id: UUID, round: int, now: datetime) -> Row | None:
        """What a mail about this round says; None when its link would open nothing."""
        invitation = self.load(Invitation, invitation_id)
        workspace = self.load(Workspace, invitation.workspace_id)
        if workspace.deleted or invitation.round != round or invitation.status(now) is not Status.PENDING or not invitation.email.value:
            return None
        return {"workspace_name": workspace.name, **self._offer(invitation, now)}

    def _invited(self, link: Link) -> tuple[Workspace, Invitation]:
        workspace, invitation = self.find(Workspace, link.workspace_id), self.find(Invitation, link.invitation_id)
        if workspace is None or invitation is None:
            raise NotFound("invitation_unknown", "there is no such invitation")
        if workspace.deleted:
            raise Conflict("invitation_withdrawn", "the workspace is gone")
        return workspace, invitation

    def _offer(self, invitation: Invitation, now: datetime) -> Row:
        status, link = invitation.status(now), Link(invitation.workspace_id, invitation.id, invitation.round)
        return {
            "id": invitation.id,
            "email": invitation.email.value,
            "role": invitation.role,
            "status": status,
            "invited_by": invitation.invited_by,
            "expires_at": invitation.expires_at,
            "link": self._url(link, status),
        }

    def _url(self, link: Link, status: str) -> str | None:
        """Only where it still opens something."""
        return f"{self.settings.url}/invitations/{link.token(self.keys)}" if status == Status.PENDING else None


def _still_good(invitation: Invitation, workspace: Workspace, now: datetime) -> bool:
    if invitation.accepted_by and workspace.role_of(invitation.accepted_by):
        raise Conflict("already_member", "whoever has this address is a member already")
    # Somebody went since it was sent, and it may be theirs: then its link is dead, and only a new round opens.
    return invitation.status(now) is Status.PENDING and not workspace.departed_since(invitation.workspace_version)
