"""The public events of this service."""

from marshmallow import Schema, fields

from services.audit.domain import Archive, Attempt, Export, Reading, SinkSwitch, WorkspaceExport
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


@PUBLIC.event(Export.Created)
class JournalExported(Schema):
    """Somebody had the whole journal written out, from the entry after this one on; empty: from the beginning."""

    after = fields.String(required=True)


@PUBLIC.event(WorkspaceExport.Created)
class EntriesExported(Schema):
    """Somebody had a workspace's entries written out in this format, or told as a ``replay``: those after this entry, if it is not empty,
    that these filters let through."""

    format = fields.String(required=True)
    after = fields.String(required=True)
    filters = fields.List(fields.String(), required=True)


@PUBLIC.event(SinkSwitch.Created)
class SinkSwitched(Schema):
    """A sink was disabled after it had failed again and again, for this reason; or enabled by an operator, who needs none."""

    name = fields.String(required=True)
    enabled = fields.Boolean(required=True)
    reason = fields.String(required=True)


@PUBLIC.event(Reading.Created)
class JournalRead(Schema):
    """Somebody read in the journal so many times since then; ``scope`` is workspace, account (their own) or installation."""

    scope = fields.String(required=True)
    count = fields.Integer(required=True)
    since = fields.AwareDateTime(required=True)


@PUBLIC.event(Archive.Created)
class JournalSealed(Schema):
    """A month of the journal lies in this file from now on. ``unacknowledged``: entries that some sink had not taken, and never will."""

    month = fields.String(required=True)
    file = fields.String(required=True)
    entries = fields.Integer(required=True)
    sha256 = fields.String(required=True, metadata={"description": "of the lines in it"})
    unacknowledged = fields.Integer(required=True)
