from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.chassis.addresses import normalise
from services.chassis.errors import Conflict, NotFound
from services.chassis.views import Row
from services.workspaces.application.open_links import OpenLinks
from services.workspaces.application.shared import no_workspace
from services.workspaces.domain import Invitation, OpenLink, Status, Terms, Workspace
from services.workspaces.links import Link


class Invitations(OpenLinks):
    def invite(self, workspace_id: UUID, email: str, role: str, invited_by: UUID, now: datetime, groups: Sequence[UUID] = ()) -> Row:
        """An address that is invited already keeps the invitation it has; one that was before gets a new round."""
        address_id = self.keys.blind_id("email", normalise(email))
        invitation_id = Invitation.create_id(workspace_id, address_id)
        workspace, known = self.find_all((Workspace, workspace_id), (Invitation, invitation_id))
        if workspace is None or workspace.deleted:
            raise no_workspace()
        if known and _still_good(known, workspace, now):
            return self._offer(known, now)
        expires_at = now + timedelta(days=self.settings.invitation_days)
        terms = Terms(workspace_version=workspace.version, role=role, invited_by=invited_by, expires_at=expires_at, groups=groups)
        self.ring.introduce(Invitation.subject_id(invitation_id, known.round + 1 if known else 1))
        invitation = Invitation.sent(workspace_id, address_id, email, terms) if known is None else known.renewed(email, terms)
        workspace.hold_seat(invitation.id, invitation.expires_at, self._limit(workspace), now)
        self.save(invitation, workspace)
        return self._offer(invitation, now)

    def withdraw_invitation(self, workspace_id: UUID, invitation_id: UUID) -> None:
        workspace = self._workspace(workspace_id)
        offered: Invitation | OpenLink = self.find(OpenLink, invitation_id) or self.load(Invitation, invitation_id)
        if offered.workspace_id != workspace_id:
            raise NotFound("invitation_not_found", "there is no invitation with this id")
        offered.withdraw()
        workspace.release_seat(offered.id)
        self.save(offered, workspace)

    def get_invitation(self, token: str, now: datetime) -> Row:
        link = self._link(token, now)
        workspace, offered = self._offered(link)
        status = offered.status(now) if isinstance(offered, OpenLink) or link.round == offered.round else Status.WITHDRAWN
        return {
            "workspace_name": workspace.name,
            "role": offered.role,
            "status": status,
            "expires_at": offered.expires_at,
            "open": link.is_open,
        }

    def accept_invitation(self, token: str, account_id: UUID, address_ids: list[UUID], now: datetime) -> Row:
        """A repeat by the same member changes nothing."""
        link = self._link(token, now)
        with self._one_by_one(link.workspace_id), self._while_there_is(account_id):
            return self._accept(link, account_id, address_ids, now)

    def _accept(self, link: Link, account_id: UUID, address_ids: list[UUID], now: datetime) -> Row:
        workspace, offered = self._offered(link)
        if isinstance(offered, OpenLink):
            return self._enter(workspace, offered, account_id, now)
        already = workspace.role_of(account_id, now) is not None
        offered.accept(account_id, address_ids, link.round, now, already_member=already)
        if workspace.departed_since(offered.workspace_version, account_id):
            raise Conflict("invitation_withdrawn", "it is older than the end of your membership: ask for a new one")
        workspace.join(account_id, offered.role, self._limit(workspace), now, offered.id, offered.groups)
        self.save(offered, workspace)
        return self._summary(workspace, account_id, now)

    def decline_invitation(self, token: str, account_id: UUID, address_ids: list[UUID], now: datetime) -> None:
        """A repeat changes nothing."""
        link = self._link(token, now)
        workspace, offered = self._offered(link)
        if isinstance(offered, OpenLink):
            raise Conflict("invitation_open", "this link is meant for nobody in particular: whoever does not want to join need do nothing")
        offered.decline(account_id, address_ids, link.round, now)
        workspace.release_seat(offered.id)
        self.save(offered, workspace)

    def list_invitations(self, workspace_id: UUID, now: datetime, limit: int, cursor: str | None) -> Row:
        """Open links among them."""
        page = self.views.invitations(workspace_id, now, limit, cursor)
        return {
            **page,
            "items": [{**row, "link": self._url(Link(workspace_id, row["id"], row["round"]), row["status"])} for row in page["items"]],
        }

    def letter(self, workspace_id: UUID, invitation_id: UUID, round: int, now: datetime) -> Row | None:
        """What a mail about this round says; None when its link would open nothing."""
        workspace, invitation = self.find_all((Workspace, workspace_id), (Invitation, invitation_id))
        if workspace.deleted or invitation.round != round or invitation.status(now) is not Status.PENDING:
            return None
        offer = self._offer(invitation, now)
        return {"workspace_name": workspace.name, **offer} if offer["email"] else None

    def _offered(self, link: Link) -> tuple[Workspace, Invitation | OpenLink]:
        workspace = self.find(Workspace, link.workspace_id)
        kind: type[Invitation] | type[OpenLink] = OpenLink if link.is_open else Invitation
        offered = self.find(kind, link.invitation_id)
        if workspace is None or offered is None:
            raise NotFound("invitation_unknown", "there is no such invitation")
        if workspace.deleted:
            raise Conflict("invitation_withdrawn", "the workspace is gone")
        return workspace, offered

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
            "open": False,
            "max_uses": 1,
            "uses": int(status is Status.ACCEPTED),
        }


def _still_good(invitation: Invitation, workspace: Workspace, now: datetime) -> bool:
    if invitation.accepted_by and workspace.role_of(invitation.accepted_by, now):
        raise Conflict("already_member", "whoever has this address is a member already")
    # Somebody went since it was sent, and it may be theirs: then its link is dead, and only a new round opens.
    return invitation.status(now) is Status.PENDING and not workspace.departed_since(invitation.workspace_version)
