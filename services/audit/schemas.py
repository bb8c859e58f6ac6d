"""Every command and every answer of this service."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates, validates_schema

from services.audit.formats import FORMATS
from services.audit.words import words
from services.chassis.context import OPERATOR
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
    correlation_id = Text(longest=100, data_key="correlation", load_default=None, allow_none=True)
    operator = fields.Boolean(load_default=None, allow_none=True)
    q = Text(longest=200, load_default=None, allow_none=True)
    since = fields.AwareDateTime(data_key="from", load_default=None, allow_none=True)
    until = fields.AwareDateTime(data_key="to", load_default=None, allow_none=True)
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, allow_none=True)
    order = fields.String(load_default="oldest", validate=validate.OneOf(["oldest", "newest"]))

    @validates("q")
    def _has_words(self, value: str | None, data_key: str) -> None:
        if value is not None and not words(value):
            raise ValidationError("There is no word in it to search for.")

    @validates_schema
    def _of_somebody(self, data: dict[str, Any], **_: Any) -> None:
        if not any(data.get(name) for name in ("workspace_id", "account_id", "everything")):
            raise ValidationError("Name a workspace or an account.", "workspace_id")


_AFTER = validate.Regexp(r"[a-z]{1,50}:[0-9]{1,18}\Z", error="Name an entry by its id, such as workspaces:184.")


class BeginExport(Schema):
    """``after`` is the id of the last entry that is known already."""

    after = fields.String(load_default=None, allow_none=True, validate=_AFTER)


class ExportPage(BeginExport):
    limit = fields.Integer(strict=True, load_default=500, validate=validate.Range(1, 1_000))


class BeginEntriesExport(ListEntries):
    """The filters of the list; the entries beyond the one with the id ``after``."""

    class Meta:
        exclude = ("everything", "account_id", "order", "limit", "cursor")

    workspace_id = fields.UUID(required=True)
    format = fields.String(load_default="jsonl", validate=validate.OneOf(sorted(FORMATS)))
    after = fields.String(load_default=None, allow_none=True, validate=_AFTER)


class ExportEntries(BeginEntriesExport):
    class Meta:
        exclude = ("everything", "account_id", "order")

    limit = fields.Integer(strict=True, load_default=500, validate=validate.Range(1, 1_000))


_COUNT = validate.Range(0, 10**15)


class InclusionProof(Schema):
    id = fields.String(required=True, validate=_AFTER)
    tree_size = fields.Integer(strict=True, load_default=None, allow_none=True, validate=_COUNT)
    workspace_id = fields.UUID(load_default=None, allow_none=True)


class ConsistencyProof(Schema):
    source = Text(required=True, longest=50)
    first = fields.Integer(required=True, strict=True, validate=_COUNT)
    second = fields.Integer(required=True, strict=True, validate=_COUNT)


class HeadsAfter(Schema):
    after = fields.Integer(strict=True, load_default=0, validate=_COUNT)
    limit = fields.Integer(strict=True, load_default=500, validate=validate.Range(1, 500))


class ListHeads(Schema):
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, allow_none=True)


class Heads(Schema):
    """Signed records as they are: whoever verifies them needs each value."""

    items = fields.List(fields.Dict())
    next_cursor = fields.String(allow_none=True)


class Refused(Schema):
    kind = Text(required=True, longest=100)
    code = Text(required=True, longest=100)
    route = Text(required=True, longest=300)
    ip = Text(required=True, longest=100)
    account_id = fields.String(required=True, validate=_ID)
    credential_id = fields.String(required=True, validate=_ID)
    workspace_id = fields.String(required=True, validate=_ID)
    operator = fields.String(load_default="", validate=validate.OneOf(["", OPERATOR]))
    user_agent = Text(load_default="", longest=256)
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
    operator = fields.Boolean()
    ip = fields.String(allow_none=True)
    user_agent = fields.String(allow_none=True)
    correlation_id = fields.String(allow_none=True)
    causation_id = fields.String(allow_none=True)
    claimed_request_id = fields.String(allow_none=True)
    claimed_actor = fields.String(allow_none=True)
    changes = fields.Dict()
    before = fields.Dict()
    before_ids = fields.Dict()
    masked = fields.List(fields.String())
    hash = fields.Function(lambda row: row["hash"].hex())


class Entries(Schema):
    items = fields.List(fields.Nested(Entry))
    next_cursor = fields.String(allow_none=True)
