"""Every command and every answer of this service."""

from marshmallow import Schema, fields, validate

from services.chassis.fields import Text

TYPES = ("project", "task", "model", "dataview", "dataset", "queue")
ACTIONS = ("read", "modify", "create", "delete", "rename")


class Resource(Schema):
    type = fields.String(required=True, validate=validate.OneOf(TYPES))
    id = Text(required=True, shortest=1, longest=200)


class Check(Schema):
    workspace_id = fields.UUID(required=True)
    account_id = fields.UUID(required=True)
    action = fields.String(required=True, validate=validate.OneOf(ACTIONS))
    resource = fields.Nested(Resource, required=True)
    # Positions are PostgreSQL's bigint.
    at_least = fields.Integer(strict=True, load_default=None, allow_none=True, validate=validate.Range(0, 2**63 - 1))


class Decision(Schema):
    """``position``: of the log of workspaces, which this decision knows. ``expires_at``: until when it may be remembered."""

    allowed = fields.Boolean()
    expires_at = fields.AwareDateTime(allow_none=True)
    position = fields.Integer()
