"""What a workspace uses: told by the platform, shown to the members."""

import json
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields, validate

from gateway.api.blueprint import Blueprint, described
from gateway.api.schemas import Paging, Time, page
from gateway.bodies import check_depth, check_media_type, parse, read, validated
from gateway.calls import ask, tell, this_request
from gateway.permissions import member, platform, requires
from services.chassis.fields import Text

blp = Blueprint("usage", __name__, url_prefix="/v1/workspaces/<uuid:workspace_id>/usage", description="Usage and limits")
MOST = 1_000
SPAN = {"description": "a calendar month, 2026-11, or days without the last, 2026-11-05/2026-12-05; default: the current period"}


class UsageRecord(Schema):
    id = Text(required=True, shortest=1, longest=100, metadata={"description": "the platform's own; counts once in a workspace"})
    metric = fields.String(required=True, metadata={"description": "storage: what is stored now; api_calls and others: what was used"})
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(0, 2**53), metadata={"description": "a whole number"})
    at = Time(required=True)


class UsageRecords(Schema):
    records = fields.List(fields.Nested(UsageRecord), required=True, validate=validate.Length(1, MOST))


BODY = {"required": True, "content": {"application/json": {"schema": UsageRecords}}}


class _Envelope(Schema):
    """The records as they are: the service judges each alone."""

    records = fields.List(fields.Raw(allow_none=True), required=True, validate=validate.Length(1, MOST))


_ENVELOPE = _Envelope()


class RefusedRecord(Schema):
    index = fields.Integer(required=True)
    id = fields.String(required=True, allow_none=True)
    status = fields.Integer(required=True, metadata={"description": "409: its id counts with other content, or its period is closed; 422"})
    code = fields.String(required=True)
    detail = fields.String(required=True)
    errors = fields.Dict(required=True)


class UsageReported(Schema):
    counted = fields.Integer(required=True)
    repeated = fields.Integer(required=True, metadata={"description": "were counted before, and are not again"})
    refused = fields.List(fields.Nested(RefusedRecord), required=True, metadata={"description": "none of them counts"})


class UsageSpan(Schema):
    start = Time(required=True)
    end = Time(required=True)
    closed = fields.Boolean(required=True, metadata={"description": "nothing can be reported for it any more"})


class UsageFigure(Schema):
    used = fields.Integer(required=True)
    limit = fields.Integer(required=True, allow_none=True, metadata={"description": "null: none"})
    available = fields.Integer(required=True, allow_none=True)


class UsersFigure(UsageFigure):
    pending = fields.Integer(required=True, metadata={"description": "invitations that hold a seat, too"})


class StorageFigure(UsageFigure):
    reported_at = Time(required=True, allow_none=True)


class Usage(Schema):
    period = fields.Nested(UsageSpan, required=True)
    users = fields.Nested(UsersFigure, required=True, metadata={"description": "as of now"})
    storage = fields.Nested(StorageFigure, required=True, metadata={"description": "bytes, as last reported"})
    api_calls = fields.Nested(UsageFigure, required=True)
    metrics = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True, metadata={"description": "all others"})


class UsageQuery(Schema):
    period = fields.String(metadata=SPAN, validate=validate.Length(max=30))


class ReportsQuery(UsageQuery, Paging):
    metric = fields.String(required=True, validate=validate.Length(1, 40))


class UsageShare(Schema):
    event = fields.String(required=True, metadata={"description": "of billing's log"})
    at = Time(required=True)
    quantity = fields.Integer(required=True)


@blp.get("")
@requires(member)
@blp.arguments(UsageQuery, location="query")
@blp.response(200, Usage)
def get_usage(query: dict[str, Any], workspace_id: UUID) -> Any:
    """Calls are counted here and reported once a minute."""
    return ask("billing", "usage", workspace_id=str(workspace_id), **query)


@blp.get("/reports")
@requires(member)
@blp.arguments(ReportsQuery, location="query")
@blp.response(200, page(UsageShare))
def list_usage_reports(query: dict[str, Any], workspace_id: UUID) -> Any:
    """What a figure consists of: what each report told of a quarter of an hour."""
    return ask("billing", "usage_reports", workspace_id=str(workspace_id), **query)


@blp.post("")
@requires(platform)
@described(blp.doc(requestBody=BODY), blp.response(200, UsageReported))
def report_usage(workspace_id: UUID) -> Response:
    """Up to 1,000 records in one call. Each counts or is refused by itself; sent again, they change nothing."""
    req = this_request()
    check_media_type(req)
    sent = parse(read(req))
    check_depth(sent)
    records = validated(_ENVELOPE, sent)["records"]
    made = tell("billing", "report_usage", workspace_id=str(workspace_id), records=records)
    return Response(json.dumps(made), content_type="application/json")
