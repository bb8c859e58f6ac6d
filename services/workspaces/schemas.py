"""Every command and every answer of this service."""

from marshmallow import Schema, fields, validate

from services.chassis.fields import Address, Text
from services.chassis.history import AtField

_SLUG = validate.Regexp(r"[a-z0-9]+(-[a-z0-9]+)*\Z", error="Only lower-case letters, digits and single hyphens between them.")


class Role(fields.String):
    def __init__(self, **kwargs: object) -> None:
        super().__init__(validate=validate.OneOf(["admin", "editor", "viewer"]), **kwargs)  # type: ignore[arg-type]


class GroupIds(fields.List):  # type: ignore[type-arg]
    """Of another service, which passes over those it does not know."""

    def __init__(self) -> None:
        super().__init__(fields.UUID(), load_default=list, validate=validate.Length(max=20))


class Page(Schema):
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, allow_none=True)


class OfWorkspace(Schema):
    workspace_id = fields.UUID(required=True)


class OfMember(OfWorkspace):
    account_id = fields.UUID(required=True)


class OfAccount(Schema):
    account_id = fields.UUID(required=True)


class OfPerson(OfAccount):
    address_ids = fields.List(fields.UUID(), required=True)


class CreateWorkspace(OfAccount):
    name = Text(required=True, shortest=1, longest=100)
    slug = fields.String(load_default=None, allow_none=True, validate=[validate.Length(2, 50), _SLUG])


class ListWorkspaces(OfAccount, Page):
    pass


class ChangeWorkspace(OfWorkspace):
    name = Text(load_default=None, allow_none=True, shortest=1, longest=100)
    slug = fields.String(load_default=None, allow_none=True, validate=[validate.Length(2, 50), _SLUG])
    # Whose role the answer tells.
    account_id = fields.UUID(load_default=None, allow_none=True)


class ListOfWorkspace(OfWorkspace, Page):
    """``at``: answered as it would have been then."""

    at = AtField()


class SeatsUsed(OfWorkspace):
    at = AtField()


class CheckExisted(OfWorkspace):
    moment = fields.AwareDateTime(required=True)


class SetMemberLimit(OfWorkspace):
    limit = fields.Integer(required=True, strict=True, validate=validate.Range(0, 1_000_000))


class ListMembers(ListOfWorkspace):
    status = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(["active", "pending", "expired"]))
    role = Role(load_default=None, allow_none=True)


class ChangeMember(OfMember):
    """What is not named stays."""

    role = Role()
    expires_at = fields.AwareDateTime(allow_none=True)


class Invite(OfWorkspace):
    email = Address(required=True)
    role = Role(load_default="editor")
    invited_by = fields.UUID(required=True)
    groups = GroupIds()


class MakeOpenLink(OfWorkspace):
    """An administrator is invited by name only."""

    role = fields.String(load_default="editor", validate=validate.OneOf(["editor", "viewer"]))
    invited_by = fields.UUID(required=True)
    max_uses = fields.Integer(strict=True, load_default=None, allow_none=True, validate=validate.Range(min=1))
    expires_at = fields.AwareDateTime(load_default=None, allow_none=True)
    groups = GroupIds()


class WithdrawInvitation(OfWorkspace):
    invitation_id = fields.UUID(required=True)


class GetInvitation(Schema):
    token = fields.String(required=True, validate=validate.Length(max=200))


class AnswerInvitation(OfPerson, GetInvitation):
    pass


class ListNotices(OfPerson, Page):
    pass


class ReadNotice(OfPerson):
    notice_id = fields.UUID(required=True)


class WorkspaceAnswer(Schema):
    id = fields.UUID()
    name = fields.String()
    slug = fields.String()
    personal = fields.Boolean()
    role = fields.String(allow_none=True)
    expires_at = fields.AwareDateTime(allow_none=True)
    member_count = fields.Integer()
    pending_count = fields.Integer()
    member_limit = fields.Integer(allow_none=True)
    created_at = fields.AwareDateTime()


class WorkspacesAnswer(Schema):
    items = fields.List(fields.Nested(WorkspaceAnswer))
    next_cursor = fields.String(allow_none=True)


class PersonalAnswer(Schema):
    workspace_id = fields.UUID(allow_none=True)


class RoleAnswer(Schema):
    role = fields.String(allow_none=True)
    expires_at = fields.AwareDateTime(allow_none=True)


class Refusal(Schema):
    code = fields.String()
    detail = fields.String()
    fields_ = fields.Dict(attribute="fields", data_key="fields")


class GrowthAnswer(Schema):
    refusal = fields.Nested(Refusal, allow_none=True)
    until = fields.AwareDateTime(allow_none=True)


class NamedWorkspace(Schema):
    id = fields.UUID()
    name = fields.String()


class SoleAdminAnswer(Schema):
    workspaces = fields.List(fields.Nested(NamedWorkspace))


class MemberAnswer(Schema):
    """``email`` is told of pending invitations only."""

    account_id = fields.UUID(allow_none=True)
    email = fields.String(allow_none=True)
    role = fields.String()
    status = fields.String()
    invited_at = fields.AwareDateTime(allow_none=True)
    joined_at = fields.AwareDateTime(allow_none=True)
    expires_at = fields.AwareDateTime(allow_none=True)


class MembersAnswer(Schema):
    items = fields.List(fields.Nested(MemberAnswer))
    next_cursor = fields.String(allow_none=True)


class InvitationAnswer(Schema):
    """``link`` is there while it opens something."""

    id = fields.UUID()
    email = fields.String(allow_none=True)
    role = fields.String()
    status = fields.String()
    invited_by = fields.UUID()
    expires_at = fields.AwareDateTime()
    link = fields.String(allow_none=True)
    open = fields.Boolean()
    max_uses = fields.Integer()
    uses = fields.Integer()


class InvitationsAnswer(Schema):
    items = fields.List(fields.Nested(InvitationAnswer))
    next_cursor = fields.String(allow_none=True)


class OfferAnswer(Schema):
    workspace_name = fields.String()
    role = fields.String()
    status = fields.String()
    expires_at = fields.AwareDateTime()
    open = fields.Boolean()


class NoticeAnswer(Schema):
    id = fields.UUID()
    kind = fields.String()
    workspace_id = fields.UUID(allow_none=True)
    workspace_name = fields.String(allow_none=True)
    subject_id = fields.UUID(allow_none=True)
    role = fields.String(allow_none=True)
    expires_at = fields.AwareDateTime(allow_none=True)
    token = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()
    read_at = fields.AwareDateTime(allow_none=True)


class NoticesAnswer(Schema):
    items = fields.List(fields.Nested(NoticeAnswer))
    next_cursor = fields.String(allow_none=True)
