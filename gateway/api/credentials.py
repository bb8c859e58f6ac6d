"""Key pairs of a workspace."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from gateway.api.blueprint import Blueprint
from gateway.api.members import UNNAMED, profiles
from gateway.api.schemas import Id, Moment, Paging, Time, page
from gateway.calls import ask, gateway, principal, tell, tell_secret, this_request
from gateway.permissions import member, requires, role
from gateway.roles import role_of
from gateway.snippets import configuration, environment
from services.chassis.fields import Text

blp = Blueprint(
    "credentials", __name__, url_prefix="/v1/workspaces/<uuid:workspace_id>/credentials", description="Key pairs of a workspace"
)
BY_HAND = role("viewer", session=True)


class NewKeyPair(Schema):
    label = Text(longest=100)
    expires_at = Moment(metadata={"description": "default: never"})


class NewLabel(Schema):
    label = Text(required=True, longest=100)


class Maker(Schema):
    account_id = Id(required=True)
    username = fields.String(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)


class KeyPair(Schema):
    access_key = fields.String(required=True)
    label = fields.String(required=True, allow_none=True)
    created_by = fields.Nested(Maker, required=True)
    created_at = Time(required=True)
    expires_at = Time(required=True, allow_none=True)
    last_used_at = Time(required=True, allow_none=True, metadata={"description": "sampled: some minutes old at most"})
    last_used_ip = fields.String(required=True, allow_none=True)
    last_used_from = fields.String(required=True, allow_none=True)


class MadeKeyPair(KeyPair):
    secret_key = fields.String(required=True, metadata={"description": "shown this once"})
    configuration = fields.String(required=True, metadata={"description": "a section for clearml.conf"})
    environment = fields.String(required=True, metadata={"description": "lines for a notebook"})


@blp.get("")
@requires(member)
@blp.arguments(Paging, location="query")
@blp.response(200, page(KeyPair))
def list_key_pairs(paging: dict[str, Any], workspace_id: UUID) -> Any:
    """The caller's own; an administrator's list has everybody's."""
    asked = {"account_id": principal().account_id, "everybody": _is_admin(workspace_id)}
    found = ask("identity", "list_key_pairs", workspace_id=str(workspace_id), **asked, **paging)
    return found | {"items": _with_makers(found["items"])}


@blp.post("")
@requires(BY_HAND)
@blp.arguments(NewKeyPair)
@blp.response(201, MadeKeyPair)
def create_key_pair(body: dict[str, Any], workspace_id: UUID) -> Any:
    """Makes a key pair. The answer is kept nowhere, so an Idempotency-Key is of no use here."""
    who = principal()
    workspace = ask("workspaces", "get_workspace", workspace_id=str(workspace_id), account_id=who.account_id)
    made = tell_secret("identity", "create_key_pair", account_id=who.account_id, workspace_id=str(workspace_id), **body)
    url = gateway().settings.url
    texts = {"configuration": configuration(url, workspace["name"], made), "environment": environment(url, made)}
    return _with_makers([made])[0] | texts, {"Location": f"/v1/workspaces/{workspace_id}/credentials/{made['access_key']}"}


@blp.patch("/<key:access_key>")
@requires(BY_HAND)
@blp.arguments(NewLabel)
@blp.response(200, KeyPair)
def label_key_pair(body: dict[str, Any], workspace_id: UUID, access_key: str) -> Any:
    labelled = tell("identity", "label_key_pair", **_named(workspace_id, access_key), **body)
    return _with_makers([labelled])[0]


@blp.delete("/<key:access_key>")
@requires(BY_HAND)
@blp.response(204)
def revoke_key_pair(workspace_id: UUID, access_key: str) -> None:
    """For good, with every token made from it: refused from the moment this answers, everywhere else within 100 ms."""
    revoked = tell("identity", "revoke_key_pair", **_named(workspace_id, access_key))
    gateway().access.drops.drop(revoked["id"])


def _named(workspace_id: UUID, access_key: str) -> dict[str, Any]:
    who = {"account_id": principal().account_id, "admin": _is_admin(workspace_id)}
    return {"workspace_id": str(workspace_id), "access_key": access_key, **who}


def _is_admin(workspace_id: UUID) -> bool:
    return role_of(this_request(), str(workspace_id), principal().account_id) == "admin"


def _with_makers(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    named = profiles(item["created_by"] for item in items)
    return [item | {"created_by": {"account_id": item["created_by"]} | named.get(item["created_by"], UNNAMED)} for item in items]
