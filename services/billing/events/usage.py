from marshmallow import Schema, fields

from services.billing.domain.allowance import Allowance
from services.billing.domain.usage import UsageReport
from services.billing.events.public import PUBLIC


@PUBLIC.event(UsageReport.Created)
class UsageReported(Schema):
    """The platform reported what the workspace used; the records themselves stay in the log of billing."""

    report_id = fields.UUID(required=True, attribute="originator_id")
    records = fields.Integer(required=True, attribute="size", metadata={"description": "how many"})


@PUBLIC.event(Allowance.LimitReached)
class LimitReached(Schema):
    """The workspace has used as much as its plan gives; nothing new is begun in it until then, or until the limit is lifted."""

    metric = fields.String(required=True)
    limit = fields.Integer(required=True)
    until = fields.AwareDateTime(required=True, allow_none=True)


@PUBLIC.event(Allowance.LimitLifted)
class LimitLifted(Schema):
    """There is room again."""

    metric = fields.String(required=True)
