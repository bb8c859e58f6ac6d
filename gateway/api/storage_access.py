"""What the caller's browser shows to buckets."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Id, Nothing, Paging, Time, page
from gateway.calls import ask, principal, tell, tell_secret
from gateway.permissions import in_session, requires, signed_in

blp = Blueprint("storage_access", __name__, url_prefix="/v1/account/storage-access", description="Storage access of the browser")
ONE = "/<uuid:access_id>"


def _text(longest: int, description: str) -> fields.String:
    return fields.String(validate=validate.Length(max=longest), metadata={"description": description})


class Fields(Schema):
    key = _text(128, "left out for a shared access signature")
    secret = _text(4096, "a secret key, or a shared access signature; masked in answers, and kept if it is sent back so or left out")
    session_token = _text(4096, "of temporary keys; masked in answers")
    region = _text(40, "of AWS")
    host = _text(270, "of storage that is not AWS")


class NewStorageAccess(Fields):
    bucket = fields.String(required=True, validate=validate.Length(1, 255))


class StorageAccess(Fields):
    id = Id(required=True)
    bucket = fields.String(metadata={"description": "left out once it cannot be read any more"})
    created_at = Time(required=True)
    updated_at = Time(required=True)


class GivenAccess(Schema):
    id = Id(required=True)
    values = fields.Dict(required=True, metadata={"description": "the row's fields, secrets in clear text"})


@blp.get("")
@requires(signed_in)
@blp.arguments(Paging, location="query")
@blp.response(200, page(StorageAccess))
def list_storage_access(paging: dict[str, Any]) -> Any:
    found = ask("vault", "list_storage_access", account_id=principal().account_id, **paging)
    return found | {"items": [_flat(item) for item in found["items"]]}


@blp.post("")
@requires(signed_in)
@blp.arguments(NewStorageAccess)
@blp.response(201, StorageAccess)
def add_storage_access(body: dict[str, Any]) -> Any:
    made = _flat(tell("vault", "add_storage_access", account_id=principal().account_id, values=body))
    return made, {"Location": f"/v1/account/storage-access/{made['id']}"}


@blp.put(ONE)
@requires(signed_in)
@blp.arguments(NewStorageAccess)
@blp.response(200, StorageAccess)
def change_storage_access(body: dict[str, Any], access_id: UUID) -> Any:
    return _flat(tell("vault", "change_storage_access", **_named(access_id), values=body))


@blp.delete(ONE)
@requires(signed_in)
@blp.response(204)
def delete_storage_access(access_id: UUID) -> None:
    tell("vault", "delete_storage_access", **_named(access_id))


@blp.post(ONE + "/use")
@requires(in_session)
@blp.arguments(Nothing, required=False)
@blp.response(200, GivenAccess)
def use_storage_access(_body: dict[str, Any], access_id: UUID) -> Any:
    """For the caller's own browser, so a session only; puts on record that it was asked for."""
    return tell_secret("vault", "use_storage_access", **_named(access_id))


def _named(access_id: UUID) -> dict[str, str]:
    return {"account_id": principal().account_id, "access_id": str(access_id)}


def _flat(item: dict[str, Any]) -> dict[str, Any]:
    return {**(item["shown"] or {}), **item}
