"""Every command and every answer of this service."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.chassis.fields import Text

# A UUID, or nothing where nobody is known.
_ID = validate.Regexp(r"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?\Z")


class ListEntries(Schema):
    """Of one workspace, of everything one account did or was the subject of, or of ``everything`` there is."""

    everything = fields.Boolean(load_default=False)
    workspace_id = fields.UUID(load_default=None, allow_none=True)
    account_id = fields.UUID(load_default=None, allow_none=True)
    actor = Text(longest=100, load_default=None, allow_none=True)
    type = Text(longest=100, load_default=None, allow_none=True)
    subject = Text(longest=100, load_default=None, allow_none=True)
    since = fields.AwareDateTime(data_key="from", load_default=None, allow_none=True)
    until = fields.AwareDateTime(data_key="to", load_default=None, allow_none=True)
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, allow_none=True)

    @validates_schema
    def _of_somebody(self, data: dict[str, Any], **_: Any) -> None:
        if data["workspace_id"] is None and data["account_id"] is None and not data["everything"]:
            raise ValidationError("Name a workspace or an account.", "workspace_id")


class Refused(Schema):
    kind = Text(required=True, longest=100)
    code = Text(required=True, longest=100)
    route = Text(required=True, longest=300)
    ip = Text(required=True, longest=100)
    account_id = fields.String(required=True, validate=_ID)
    credential_id = fields.String(required=True, validate=_ID)
    workspace_id = fields.String(required=True, validate=_ID)
    count = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))


class NoteRefusals(Schema):
    refusals = fields.List(fields.Nested(Refused), required=True, validate=validate.Length(1, 10_000))


class Entry(Schema):
    """``position`` counts in the log of ``source``."""

    id = fields.String()
    source = fields.String()
    position = fields.Integer()
    time = fields.AwareDateTime()
    type = fields.String()
    subject = fields.String()
    workspace_id = fields.UUID(allow_none=True)
    actor = fields.String(allow_none=True)
    on_behalf_of = fields.String(allow_none=True)
    credential_id = fields.String(allow_none=True)
    ip = fields.String(allow_none=True)
    user_agent = fields.String(allow_none=True)
    correlation_id = fields.String(allow_none=True)
    causation_id = fields.String(allow_none=True)
    changes = fields.Dict()


class Entries(Schema):
    items = fields.List(fields.Nested(Entry))
    next_cursor = fields.String(allow_none=True)
