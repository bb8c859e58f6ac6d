"""The public events of this service."""

from marshmallow import Schema, fields

from services.chassis.public import PublicEvents
from services.workspaces.domain import Invitation, Notice, OpenLink, Workspace

PUBLIC = PublicEvents("workspaces")
_WORKSPACE = "originator_id"


@PUBLIC.event(Workspace.Created, workspace=_WORKSPACE)
class WorkspaceCreated(Schema):
    """A workspace was made; its maker joins right after, as an administrator."""

    name = fields.String(required=True)
    slug = fields.String(required=True)
    personal = fields.Boolean(required=True)


@PUBLIC.event(Workspace.Renamed, workspace=_WORKSPACE)
class WorkspaceRenamed(Schema):
    """A workspace got another name; its id and links stay as they were."""

    name = fields.String(required=True)


@PUBLIC.event(Workspace.SlugChanged, workspace=_WORKSPACE)
class WorkspaceSlugChanged(Schema):
    """A workspace has another name in addresses; the former one is free for others."""

    slug = fields.String(required=True)


@PUBLIC.event(Workspace.LimitSet, workspace=_WORKSPACE)
class WorkspaceLimitSet(Schema):
    """How many members and pending invitations this workspace has room for; 0: no limit."""

    limit = fields.Integer(required=True)


@PUBLIC.event(Workspace.LimitReached, workspace=_WORKSPACE)
class WorkspaceLimitReached(Schema):
    """Nothing new is begun in this workspace until then, or until the limit is lifted; what there is stays as it was."""

    metric = fields.String(required=True)
    limit = fields.Integer(required=True)
    until = fields.AwareDateTime(required=True, allow_none=True)


@PUBLIC.event(Workspace.LimitLifted, workspace=_WORKSPACE)
class WorkspaceLimitLifted(Schema):
    """There is room for something new again."""

    metric = fields.String(required=True)


@PUBLIC.event(Workspace.Deleted, workspace=_WORKSPACE)
class WorkspaceDeleted(Schema):
    """A workspace is gone, and with it every membership in it."""


@PUBLIC.event(Workspace.MemberJoined, workspace=_WORKSPACE)
class MemberJoined(Schema):
    """Somebody became a member, by an invitation or by making the workspace."""

    account_id = fields.UUID(required=True)
    role = fields.String(required=True)
    invitation_id = fields.UUID(required=True, allow_none=True)
    groups = fields.List(fields.UUID(), required=True, metadata={"description": "groups that the invitation names"})


@PUBLIC.event(Workspace.MemberRemoved, workspace=_WORKSPACE)
class MemberRemoved(Schema):
    """An administrator ended a membership."""

    account_id = fields.UUID(required=True)


@PUBLIC.event(Workspace.MemberLeft, workspace=_WORKSPACE)
class MemberLeft(Schema):
    """A member went, or the account was erased."""

    account_id = fields.UUID(required=True)


@PUBLIC.event(Workspace.RoleChanged, workspace=_WORKSPACE)
class MemberRoleChanged(Schema):
    """A member has another role from now on."""

    account_id = fields.UUID(required=True)
    role = fields.String(required=True)


@PUBLIC.event(Workspace.TermSet, workspace=_WORKSPACE)
class MemberTermSet(Schema):
    """A membership ends at that moment, without another event; null: it lasts."""

    account_id = fields.UUID(required=True)
    expires_at = fields.AwareDateTime(required=True, allow_none=True)


@PUBLIC.event(Invitation.Created, Invitation.Renewed)
class MemberInvited(Schema):
    """An address was invited, for the first time or again; the link of a former invitation is dead."""

    invitation_id = fields.UUID(required=True, attribute="originator_id")
    address_id = fields.UUID(required=True)
    role = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    round = fields.Integer(required=True)


@PUBLIC.event(Invitation.Declined)
class InvitationDeclined(Schema):
    """Whoever was invited said no."""

    account_id = fields.UUID(required=True)
    invitation_id = fields.UUID(required=True, attribute="originator_id")


@PUBLIC.event(Invitation.Withdrawn)
class InvitationWithdrawn(Schema):
    """An administrator took the invitation back, or the invited account was erased."""

    invitation_id = fields.UUID(required=True, attribute="originator_id")


@PUBLIC.event(OpenLink.Created)
class OpenLinkCreated(Schema):
    """There is a link that lets in whoever has it; who does, joins by it as by an invitation."""

    invitation_id = fields.UUID(required=True, attribute="originator_id")
    role = fields.String(required=True)
    max_uses = fields.Integer(required=True)
    expires_at = fields.AwareDateTime(required=True)


@PUBLIC.event(OpenLink.Withdrawn)
class OpenLinkWithdrawn(Schema):
    """An administrator took an open link back."""

    invitation_id = fields.UUID(required=True, attribute="originator_id")


@PUBLIC.event(Notice.Acknowledged)
class NoticeAcknowledged(Schema):
    """Somebody read a notice."""

    account_id = fields.UUID(required=True)
    notice_id = fields.UUID(required=True)
