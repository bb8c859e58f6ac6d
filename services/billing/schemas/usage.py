from datetime import UTC, date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from services.chassis.errors import ServiceError, Unprocessable
from services.chassis.fields import Text
from services.chassis.schemas import made

MOST = 1_000
# So that a thousand of them still add up in a bigint; more than any counter of bytes.
LARGEST = 2**53
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class UsageRecord(Schema):
    """``quantity``: in the smallest unit of the metric, so that no sum is ever rounded."""

    id = Text(required=True, shortest=1, longest=100)
    metric = fields.String(required=True, validate=validate.Length(1, 40))
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(0, LARGEST))
    at = fields.AwareDateTime(required=True, validate=validate.Range(min=_EARLIEST))

    @post_load
    def _in_utc(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data | {"at": data["at"].astimezone(UTC)}


class ReportUsage(Schema):
    workspace_id = fields.UUID(required=True)
    records = fields.List(fields.Raw(allow_none=True), required=True, validate=validate.Length(1, MOST))


class CountCalls(Schema):
    gateway = fields.UUID(required=True)
    sequence = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**53))
    since = fields.AwareDateTime(required=True)
    counts = fields.Dict(keys=fields.UUID(), values=fields.Integer(strict=True, validate=validate.Range(1, LARGEST)), required=True)


class Span(fields.String):
    """A calendar month, ``2026-11``, or days up to and without the last, ``2026-11-05/2026-12-05``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[date, date]:  # type: ignore[override]
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            first, last = map(date.fromisoformat, text.split("/")) if "/" in text else _month(text)
        except ValueError:
            raise ValidationError("A month such as 2026-11, or days such as 2026-11-05/2026-12-05.") from None
        if not date(2000, 1, 1) <= first < last <= date(9000, 1, 1):
            raise ValidationError("The second day lies after the first.")
        return first, last


def _month(text: str) -> tuple[date, date]:
    first = date.fromisoformat(f"{text}-01")
    return first, date(first.year + first.month // 12, first.month % 12 + 1, 1)


class GetUsage(Schema):
    workspace_id = fields.UUID(required=True)
    period = Span(load_default=None, allow_none=True)


class ListReports(GetUsage):
    metric = fields.String(required=True, validate=validate.Length(1, 40))
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, allow_none=True)


class Refused(Schema):
    """``status``: what the record would have been answered with if it had come alone."""

    index = fields.Integer()
    id = fields.String(allow_none=True)
    status = fields.Integer()
    code = fields.String()
    detail = fields.String()
    errors = fields.Dict()


class ReportAnswer(Schema):
    counted = fields.Integer()
    repeated = fields.Integer()
    refused = fields.List(fields.Nested(Refused))


class PeriodAnswer(Schema):
    start = fields.AwareDateTime()
    end = fields.AwareDateTime()
    closed = fields.Boolean()


class FigureAnswer(Schema):
    used = fields.Integer()
    limit = fields.Integer(allow_none=True)
    available = fields.Integer(allow_none=True)


class UsersAnswer(FigureAnswer):
    pending = fields.Integer()


class StorageAnswer(FigureAnswer):
    reported_at = fields.AwareDateTime(allow_none=True)


class UsageAnswer(Schema):
    period = fields.Nested(PeriodAnswer)
    users = fields.Nested(UsersAnswer)
    storage = fields.Nested(StorageAnswer)
    api_calls = fields.Nested(FigureAnswer)
    metrics = fields.Dict(keys=fields.String(), values=fields.Integer())


class OneReport(Schema):
    event = fields.String()
    at = fields.AwareDateTime()
    quantity = fields.Integer()


class ReportsAnswer(Schema):
    items = fields.List(fields.Nested(OneReport))
    next_cursor = fields.String(allow_none=True)


def record(raw: Any) -> dict[str, Any] | ServiceError:
    """Or the refusal: one bad record does not spoil the others."""
    try:
        loaded: dict[str, Any] = made(UsageRecord).load(raw)
    except ValidationError as error:
        return Unprocessable("invalid_fields", "see errors for what is wrong with each field", error.normalized_messages())
    return loaded
