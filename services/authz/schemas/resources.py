from contextlib import suppress
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_dump, validate

from services.authz.schemas.shared import Command, Cursor, Name, Page, Resource, Subject, Type, loaded, refusal
from services.chassis.errors import ServiceError, Unprocessable
from services.chassis.fields import Text
from services.chassis.schemas import made


class Parent(Schema):
    type = fields.String(required=True, validate=validate.OneOf(["project"], error="Only projects hold something."))
    id = Name(required=True)


class Project(fields.Field[Any]):
    """The project that holds something, as its id. What is plainly right is not sent through a schema: a batch holds ten thousand."""

    _id = Name()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, dict) and value.keys() == {"type", "id"} and value["type"] == "project":
            with suppress(ValidationError):
                return self._id.deserialize(value["id"])
        return made(Parent).load(value)["id"]


class Named(Schema):
    name = Text(required=True, shortest=1, longest=200)
    parent = Project(load_default=None, allow_none=True)


class Delete(Resource):
    op = fields.String(required=True)


class Put(Named, Delete):
    pass


class Growing(Command):
    """``no_room``: what those are answered who would create something, when the workspace may not grow."""

    account_id = fields.UUID(required=True)
    no_room = fields.Dict(load_default=None, allow_none=True)


class PutResource(Named, Resource, Growing):
    pass


class DeleteResource(Resource, Command):
    account_id = fields.UUID(required=True)


class ChangeResources(Growing):
    changes = fields.List(fields.Raw(), required=True)


class ListResources(Page):
    account_id = fields.UUID(required=True)
    type = Type(load_default=None, allow_none=True)
    q = Text(load_default=None, allow_none=True, longest=200)
    parent_id = Name(load_default=None, allow_none=True, data_key="parent")


class ResourceRow(Schema):
    type = fields.String()
    id = fields.String()
    name = fields.String()
    parent = fields.Nested(Subject, allow_none=True)
    status = fields.String()

    @pre_dump
    def with_parent(self, row: Any, **_: Any) -> Any:
        parent = row.get("parent", row.get("parent_id"))
        return {**row, "parent": {"type": "project", "id": parent} if parent is not None else None}


class Resources(Cursor):
    items = fields.List(fields.Nested(ResourceRow))


def change(raw: Any) -> Any:
    """``op`` is put or delete."""
    op = raw.get("op") if isinstance(raw, dict) else None
    if op not in ("put", "delete"):
        return Unprocessable("invalid_fields", "see errors for what is wrong with each field", {"op": ["Must be one of: put, delete."]})
    return loaded(Put if op == "put" else Delete, raw)


def outcome(done: str | ServiceError) -> dict[str, Any]:
    """What became of a change, in an answer that may hold ten thousand of them."""
    return {"error": refusal(done)} if isinstance(done, ServiceError) else {"status": done}
