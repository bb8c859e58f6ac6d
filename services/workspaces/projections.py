"""The own views, written in the transaction of the append."""

from datetime import datetime
from uuid import UUID, uuid5

from services.chassis.domain import Aggregate
from services.chassis.history import Streams
from services.chassis.projections import Projection, on
from services.chassis.views import Rows
from services.workspaces.domain import Invitation, Notice, OpenLink, Reminder, Status, Workspace
from services.workspaces.views import invitations, link_uses, members, notices, open_links, workspaces

ToMember = Workspace.MemberRemoved | Workspace.RoleChanged | Workspace.TermSet


class WorkspacesProjection(Projection):
    name = "workspaces"
    version = 2
    tables = (workspaces,)

    @on(Workspace.Created)
    def created(self, event: Workspace.Created, rows: Rows) -> None:
        rows.put(
            workspaces,
            id=event.originator_id,
            name=event.name,
            slug=event.slug,
            personal=event.personal,
            member_limit=None,
            created_at=event.timestamp,
        )

    @on(Workspace.Renamed)
    def renamed(self, event: Workspace.Renamed, rows: Rows) -> None:
        rows.change(workspaces, {"id": event.originator_id}, name=event.name)

    @on(Workspace.SlugChanged)
    def slug_changed(self, event: Workspace.SlugChanged, rows: Rows) -> None:
        rows.change(workspaces, {"id": event.originator_id}, slug=event.slug)

    @on(Workspace.LimitSet)
    def limit_set(self, event: Workspace.LimitSet, rows: Rows) -> None:
        rows.change(workspaces, {"id": event.originator_id}, member_limit=event.limit)

    @on(Workspace.Deleted)
    def deleted(self, event: Workspace.Deleted, rows: Rows) -> None:
        rows.remove(workspaces, id=event.originator_id)


class MembersProjection(Projection):
    name = "members"
    version = 2
    tables = (members,)

    @on(Workspace.MemberJoined)
    def joined(self, event: Workspace.MemberJoined, rows: Rows) -> None:
        rows.put(
            members,
            workspace_id=event.originator_id,
            account_id=event.account_id,
            role=event.role,
            joined_at=event.timestamp,
            expires_at=None,
        )

    @on(Workspace.RoleChanged)
    def role_changed(self, event: Workspace.RoleChanged, rows: Rows) -> None:
        rows.change(members, {"workspace_id": event.originator_id, "account_id": event.account_id}, role=event.role)

    @on(Workspace.TermSet)
    def term_set(self, event: Workspace.TermSet, rows: Rows) -> None:
        rows.change(members, {"workspace_id": event.originator_id, "account_id": event.account_id}, expires_at=event.expires_at)

    @on(Workspace.MemberRemoved, Workspace.MemberLeft)
    def gone(self, event: Workspace.MemberRemoved | Workspace.MemberLeft, rows: Rows) -> None:
        rows.remove(members, workspace_id=event.originator_id, account_id=event.account_id)

    @on(Workspace.Deleted)
    def deleted(self, event: Workspace.Deleted, rows: Rows) -> None:
        rows.remove_where(members, workspace_id=event.originator_id)


class InvitationsProjection(Projection):
    name = "invitations"
    tables = (invitations,)

    @on(Invitation.Created, Invitation.Renewed)
    def sent(self, event: Invitation.Created | Invitation.Renewed, rows: Rows) -> None:
        rows.put(
            invitations,
            id=event.originator_id,
            workspace_id=event.workspace_id,
            address_id=event.address_id,
            email=event.email.value,
            role=event.role,
            round=event.round,
            outcome=Status.PENDING.value,
            invited_by=event.invited_by,
            invited_at=event.timestamp,
            expires_at=event.expires_at,
        )

    @on(Invitation.Accepted)
    def accepted(self, event: Invitation.Accepted, rows: Rows) -> None:
        rows.change(invitations, {"id": event.originator_id}, outcome=Status.ACCEPTED.value)

    @on(Invitation.Declined)
    def declined(self, event: Invitation.Declined, rows: Rows) -> None:
        rows.change(invitations, {"id": event.originator_id}, outcome=Status.DECLINED.value)

    @on(Invitation.Withdrawn)
    def withdrawn(self, event: Invitation.Withdrawn, rows: Rows) -> None:
        rows.change(invitations, {"id": event.originator_id}, outcome=Status.WITHDRAWN.value)

    @on(Invitation.Erased)
    def erased(self, event: Invitation.Erased, rows: Rows) -> None:
        rows.change(invitations, {"id": event.originator_id}, email=None)


class OpenLinksProjection(Projection):
    name = "open_links"
    tables = (open_links, link_uses)

    @on(OpenLink.Created)
    def created(self, event: OpenLink.Created, rows: Rows) -> None:
        rows.put(
            open_links,
            id=event.originator_id,
            workspace_id=event.workspace_id,
            role=event.role,
            outcome=Status.PENDING.value,
            invited_by=event.invited_by,
            invited_at=event.timestamp,
            expires_at=event.expires_at,
            max_uses=event.max_uses,
        )

    @on(OpenLink.Used)
    def used(self, event: OpenLink.Used, rows: Rows) -> None:
        rows.put(link_uses, link_id=event.originator_id, account_id=event.account_id)

    @on(OpenLink.Withdrawn)
    def withdrawn(self, event: OpenLink.Withdrawn, rows: Rows) -> None:
        rows.change(open_links, {"id": event.originator_id}, outcome=Status.WITHDRAWN.value)


class NoticesProjection(Projection):
    """Those of a deleted workspace stay, unseen: an invitation may be on its way at that moment, in whatever order they commit."""

    name = "notices"
    version = 2
    tables = (notices,)

    @on(Invitation.Created, Invitation.Renewed)
    def invited(self, event: Invitation.Created | Invitation.Renewed, rows: Rows) -> None:
        rows.put(
            notices,
            id=_id(event),
            recipient_id=event.address_id,
            kind="invitation",
            workspace_id=event.workspace_id,
            subject_id=None,
            invitation_id=event.originator_id,
            round=event.round,
            role=event.role,
            expires_at=event.expires_at,
            created_at=event.timestamp,
            read_at=None,
        )

    @on(Workspace.MemberRemoved)
    def removed(self, event: Workspace.MemberRemoved, rows: Rows) -> None:
        self._told(event, "removed", None, rows)

    @on(Workspace.TermSet)
    def term_set(self, event: Workspace.TermSet, rows: Rows) -> None:
        self._told(event, "term_set", None, rows, event.expires_at)

    @on(Workspace.RoleChanged)
    def role_changed(self, event: Workspace.RoleChanged, rows: Rows) -> None:
        self._told(event, "role_changed", event.role, rows)

    @on(Reminder.Created)
    def given(self, event: Reminder.Created, rows: Rows) -> None:
        rows.put(
            notices,
            id=_id(event),
            recipient_id=event.recipient_id,
            kind=event.kind,
            workspace_id=event.workspace_id,
            subject_id=event.subject_id,
            invitation_id=None,
            round=None,
            role=None,
            expires_at=event.expires_at,
            created_at=event.timestamp,
            read_at=None,
        )

    @on(Notice.Created)
    def read(self, event: Notice.Created, rows: Rows) -> None:
        rows.change(notices, {"id": event.notice_id}, read_at=event.timestamp)

    def _told(self, event: ToMember, kind: str, role: str | None, rows: Rows, expires_at: datetime | None = None) -> None:
        rows.put(
            notices,
            id=_id(event),
            recipient_id=event.account_id,
            kind=kind,
            workspace_id=event.originator_id,
            subject_id=None,
            invitation_id=None,
            round=None,
            role=role,
            expires_at=expires_at,
            created_at=event.timestamp,
            read_at=None,
        )


def _id(event: Aggregate.Event) -> UUID:
    """Derived, so that a rebuild gives every notice the id it had."""
    return uuid5(event.originator_id, f"notice {event.originator_version}")


class WorkspaceStreams(Streams):
    @on(Workspace.Created)
    def made(self, event: Workspace.Created, rows: Rows) -> None:
        self.note(event.originator_id, event, rows)

    @on(Invitation.Created, OpenLink.Created)
    def offered(self, event: Invitation.Created | OpenLink.Created, rows: Rows) -> None:
        self.note(event.workspace_id, event, rows)


REPLAYED = (WorkspacesProjection, MembersProjection, InvitationsProjection, OpenLinksProjection)
OWN = (*REPLAYED, NoticesProjection, WorkspaceStreams)
