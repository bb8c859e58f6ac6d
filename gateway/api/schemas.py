"""What the routes' schemas have in common."""

from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

ROLES = ("viewer", "editor", "admin")


class Id(fields.UUID):
    """Loads a UUID as its canonical text, which is what services are sent; dumps what they answer."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # type: ignore[override]
        return str(super()._deserialize(value, attr, data, **kwargs))


class Flag(fields.Boolean):
    """Only true and false, not the words and numbers that marshmallow takes for them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Time(fields.String):
    """RFC 3339 in UTC, as the services write it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"format": "date-time", **kwargs.pop("metadata", {})}, **kwargs)


class Moment(fields.AwareDateTime):
    """Loads a time with its offset as the text services are sent."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # type: ignore[override]
        try:
            return super()._deserialize(value, attr, data, **kwargs).isoformat()
        except (OverflowError, ArithmeticError):
            raise ValidationError("Not a valid datetime.") from None


def role(**kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(ROLES), **kwargs)


class Nothing(Schema):
    """A body that may be left out; if sent, an empty object."""


class Paging(Schema):
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, validate=validate.Length(1, 1024))


@cache
def page(of: type[Schema]) -> type[Schema]:
    """The schema of a list answer."""
    members = {"items": fields.List(fields.Nested(of), required=True), "next_cursor": fields.String(required=True, allow_none=True)}
    return Schema.from_dict(members, name=f"{of.__name__}Page")  # type: ignore[arg-type]


class Problem(Schema):
    """RFC 9457."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "stable, for programs"})
    errors = fields.Dict(metadata={"description": "what is wrong, by field"})
    trace_id = fields.String(required=True)
