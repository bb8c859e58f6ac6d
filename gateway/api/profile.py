"""What the caller is called and looks like, and how the products behave for them."""

import base64
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields, validate

from gateway.api.accounts import Account
from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Flag
from gateway.bodies import read
from gateway.calls import ask, principal, tell, this_request
from gateway.permissions import public, requires, signed_in
from services.chassis.fields import Text

blp = Blueprint("profile", __name__, url_prefix="/v1", description="Names, picture and preferences")

# Served from our own address, so nothing in it may ever be taken for a page of ours.
PICTURE = {"Content-Security-Policy": "default-src 'none'; sandbox", "Content-Disposition": 'inline; filename="picture"'}
IMAGE = {"schema": {"type": "string", "format": "binary"}}


class NewProfile(Schema):
    first_name = Text(longest=100, shortest=1)
    last_name = Text(longest=100, shortest=1)
    username = Text(longest=100, shortest=1)


class Preferences(Schema):
    show_hidden_projects = Flag(required=True)
    hide_examples = Flag(required=True)
    hidpi_scale_override = Flag(required=True)
    hide_pro_tips = Flag(required=True)
    hidden_container_arguments = fields.List(
        Text(longest=200, shortest=1),
        required=True,
        validate=validate.Length(max=100),
        metadata={"description": "arguments of containers whose values are shown as ********"},
    )
    share_telemetry = Flag(required=True)


class Choice(Preferences):
    """Those that are to change."""


@blp.patch("/account")
@requires(signed_in)
@blp.arguments(NewProfile)
@blp.response(200, Account)
def change_profile(body: dict[str, Any]) -> Any:
    return tell("identity", "change_profile", account_id=principal().account_id, **body)


@blp.put("/account/picture")
@requires(signed_in)
@blp.doc(requestBody={"required": True, "content": dict.fromkeys(("image/png", "image/jpeg", "image/webp", "image/gif"), IMAGE)})
@blp.response(200, Account)
def put_picture() -> Any:
    """What it is, is told by its content. It is kept small, and without what cameras write into pictures."""
    req = this_request()
    req.max_content_length = req.gateway.settings.picture_bytes
    image = base64.b64encode(read(req)).decode()
    return tell("identity", "put_picture", account_id=principal().account_id, image=image)


@blp.delete("/account/picture")
@requires(signed_in)
@blp.response(204)
def delete_picture() -> None:
    tell("identity", "delete_picture", account_id=principal().account_id)


@blp.get("/accounts/<uuid:account_id>/picture")
@requires(public)
@blp.response(200, content_type="image/webp")
def get_picture(account_id: UUID) -> Response:
    """For whoever knows the account's id: pages show it without a credential."""
    found = ask("identity", "picture", account_id=str(account_id))
    return Response(base64.b64decode(found["image"]), headers=PICTURE, content_type=found["media_type"])


@blp.get("/account/preferences")
@requires(signed_in)
@blp.response(200, Preferences)
def get_preferences() -> Any:
    return ask("identity", "preferences", account_id=principal().account_id)


@blp.patch("/account/preferences")
@requires(signed_in)
@blp.arguments(Choice(partial=True))
@blp.response(200, Preferences)
def change_preferences(body: dict[str, Any]) -> Any:
    return tell("identity", "change_preferences", account_id=principal().account_id, **body)
