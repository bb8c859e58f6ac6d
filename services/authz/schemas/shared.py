from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from services.chassis.errors import ServiceError, Unprocessable
from services.chassis.fields import Text
from services.chassis.history import AtField
from services.chassis.schemas import made

TYPES = ("project", "task", "model", "dataview", "dataset", "queue")


class Position(fields.Integer):
    """As PostgreSQL's bigint."""

    def __init__(self) -> None:
        super().__init__(strict=True, load_default=None, allow_none=True, validate=validate.Range(0, 2**63 - 1))


class Name(Text):
    """A resource's own id is the platform's: any text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(shortest=1, longest=200, **kwargs)


class Type(fields.String):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.OneOf(TYPES), **kwargs)


class OfWorkspace(Schema):
    """``heard``: the position of the log of workspaces that must be known here before anything else."""

    workspace_id = fields.UUID(required=True)
    heard = Position()


class Query(OfWorkspace):
    """``at``: answered as it would have been then."""

    at = AtField()


class Command(OfWorkspace):
    dry_run = fields.Boolean(load_default=False)


class Page(Query):
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, allow_none=True)


class Resource(Schema):
    type = Type(required=True)
    id = Name(required=True)


class Subject(Schema):
    """``id`` null: the whole type."""

    type = fields.String()
    id = fields.String(allow_none=True)


class Cursor(Schema):
    next_cursor = fields.String(allow_none=True)


def loaded(kind: type[Schema], raw: Any) -> Any:
    """Or the refusal: one bad item of a batch does not spoil the others."""
    try:
        return made(kind).load(raw)
    except ValidationError as error:
        return Unprocessable("invalid_fields", "see errors for what is wrong with each field", error.normalized_messages())


def refusal(error: ServiceError) -> dict[str, Any]:
    return {"code": error.code, "detail": error.detail, "errors": error.fields}
