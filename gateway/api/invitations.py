"""Inviting by e-mail, and answering an invitation."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from gateway.access import member_scope
from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Flag, Id, Moment, Nothing, Paging, Time, page, role
from gateway.api.workspaces import Workspace
from gateway.calls import ask, gateway, principal, tell
from gateway.past import Historical, past
from gateway.permissions import admin, public, requires, signed_in
from services.chassis.fields import Address

blp = Blueprint("invitations", __name__, url_prefix="/v1", description="Inviting, and answering an invitation")
IN_WORKSPACE = "/workspaces/<uuid:workspace_id>/invitations"
STATUS = {"enum": ["pending", "accepted", "declined", "withdrawn", "expired"]}


class NewInvitation(Schema):
    email = Address(metadata={"format": "email", "description": "whom to invite; not for an open link"})
    role = role(load_default="editor")
    groups = fields.List(
        Id(), load_default=list, validate=validate.Length(max=20), metadata={"description": "groups that whoever joins comes into"}
    )
    open = Flag(load_default=False, metadata={"description": "make a link that lets in whoever has it"})
    max_uses = fields.Integer(strict=True, validate=validate.Range(1, 2**31 - 1), metadata={"description": "of an open link"})
    expires_at = Moment(metadata={"description": "of an open link"})

    @validates_schema
    def _is_one_of_both(self, data: dict[str, Any], **_: Any) -> None:
        if data["open"] == ("email" in data):
            raise ValidationError({"email": ["Give an email, or open: true for a link that lets in whoever has it."]})
        if data["open"] and data["role"] == "admin":
            raise ValidationError({"role": ["Whoever has an open link becomes editor or viewer."]})
        for name in {"max_uses", "expires_at"} & data.keys():
            if not data["open"]:
                raise ValidationError({name: ["Only an open link has it."]})


class Invitation(Schema):
    id = Id(required=True)
    email = fields.String(required=True, allow_none=True)
    role = role(required=True)
    status = fields.String(required=True, metadata=STATUS)
    invited_by = Id(allow_none=True)
    expires_at = Time(required=True)
    link = fields.String(required=True, allow_none=True)
    open = fields.Boolean(required=True)
    max_uses = fields.Integer(required=True)
    uses = fields.Integer(required=True)


class Offer(Schema):
    workspace_name = fields.String(required=True)
    role = role(required=True)
    status = fields.String(required=True, metadata=STATUS)
    expires_at = Time(required=True)
    open = fields.Boolean(required=True, metadata={"description": "meant for whoever has the link, not for one address"})


class InvitationsPaging(Paging, Historical):
    pass


@blp.get(IN_WORKSPACE)
@requires(admin)
@blp.arguments(InvitationsPaging, location="query")
@blp.response(200, page(Invitation))
def list_invitations(paging: dict[str, Any], workspace_id: UUID) -> Any:
    when = past("workspaces", workspace_id, paging.pop("at", None))
    return ask("workspaces", "list_invitations", workspace_id=str(workspace_id), **paging, **when.of("workspaces"))


@blp.post(IN_WORKSPACE)
@requires(admin)
@blp.arguments(NewInvitation)
@blp.response(201, Invitation)
def invite(body: dict[str, Any], workspace_id: UUID) -> Any:
    """Invites an address by mail, or makes an open link. To invite an address again answers the invitation that is pending already."""
    for group_id in body["groups"]:
        # Refuses one that there is not; one deleted before somebody joins is passed over then.
        ask("authz", "get_group", workspace_id=str(workspace_id), group_id=group_id)
    method = "open_link" if body.pop("open") else "invite"
    made = tell("workspaces", method, workspace_id=str(workspace_id), invited_by=principal().account_id, **body)
    return made, {"Location": f"/v1/workspaces/{workspace_id}/invitations/{made['id']}"}


@blp.delete(f"{IN_WORKSPACE}/<uuid:invitation_id>")
@requires(admin)
@blp.response(204)
def withdraw(workspace_id: UUID, invitation_id: UUID) -> None:
    tell("workspaces", "withdraw_invitation", workspace_id=str(workspace_id), invitation_id=str(invitation_id))


@blp.get("/invitations/<token:token>")
@requires(public)
@blp.response(200, Offer)
def get_invitation(token: str) -> Any:
    """What the invitation offers; the token is the proof of having been invited."""
    return ask("workspaces", "get_invitation", token=token)


@blp.post("/invitations/<token:token>/accept")
@requires(signed_in)
@blp.arguments(Nothing, required=False)
@blp.response(200, Workspace)
def accept(_body: dict[str, Any], token: str) -> Any:
    joined = _answer("accept_invitation", token)
    gateway().access.drops.drop(member_scope(joined["id"], principal().account_id))
    return joined


@blp.post("/invitations/<token:token>/decline")
@requires(signed_in)
@blp.arguments(Nothing, required=False)
@blp.response(204)
def decline(_body: dict[str, Any], token: str) -> None:
    _answer("decline_invitation", token)


def _answer(method: str, token: str) -> dict[str, Any]:
    who = principal()
    return tell("workspaces", method, token=token, account_id=who.account_id, address_ids=list(who.address_ids))
