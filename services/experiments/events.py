"""The public events of this service: for the audit trail alone."""

from marshmallow import Schema, fields

from services.chassis.public import PublicEvents
from services.experiments.domain import Push, Report

PUBLIC = PublicEvents("experiments")


@PUBLIC.event(Report.Created)
class RunReported(Schema):
    """A run began (``start``) or ended (``done``); what it measures meanwhile is no event."""

    account_id = fields.UUID(required=True)
    run_id = fields.UUID(required=True)
    kind = fields.String(required=True)


@PUBLIC.event(Push.Created)
class RunPushed(Schema):
    """Somebody told of so many references that were pushed to a repository, and so many that were removed."""

    account_id = fields.UUID(required=True)
    pushed = fields.Integer(required=True)
    removed = fields.Integer(required=True)
