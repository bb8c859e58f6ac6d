"""The public events of this service."""

from marshmallow import Schema, fields

from services.audit.domain import Attempt
from services.chassis.public import PublicEvents

PUBLIC = PublicEvents("audit")


@PUBLIC.event(Attempt.Created)
class AttemptRefused(Schema):
    """Gateways refused so many attempts like this one since then: ``kind`` is unauthenticated, forbidden or throttled, ``code`` that of
    the refusal; of an overflow, which counts all that were too many to tell apart, nothing else is known."""

    account_id = fields.UUID(required=True, allow_none=True)
    kind = fields.String(required=True)
    code = fields.String(required=True)
    route = fields.String(required=True)
    count = fields.Integer(required=True)
    since = fields.AwareDateTime(required=True)
