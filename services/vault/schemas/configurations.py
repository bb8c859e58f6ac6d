from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.chassis.fields import Text
from services.chassis.history import AtField
from services.vault.configuration.reading import FORMATS

# Letters; the bytes are counted with the rest of the text's rules.
_LONGEST = 10_000_000


class Content(fields.String):
    """Byte for byte: what it may hold is told with its line by those who read it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(max=_LONGEST), **kwargs)


def _format(**kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(sorted(FORMATS)), **kwargs)


def _groups(**kwargs: Any) -> fields.Field[Any]:
    return fields.List(fields.UUID(), validate=validate.Length(1, 100), **kwargs)


class OfWorkspace(Schema):
    workspace_id = fields.UUID(required=True)


class Paged(Schema):
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, allow_none=True)


class NameConfiguration(OfWorkspace):
    """An administrator's by its own id, a person's by theirs."""

    configuration_id = fields.UUID(load_default=None, allow_none=True)
    account_id = fields.UUID(load_default=None, allow_none=True)

    @validates_schema
    def _names_one(self, data: dict[str, Any], **_: Any) -> None:
        if (data["configuration_id"] is None) == (data["account_id"] is None):
            raise ValidationError({"configuration_id": ["Give this or account_id."]})


class ReadConfiguration(NameConfiguration):
    use = fields.String(load_default="editor", validate=validate.OneOf(["editor", "download"]))


class ListConfigurations(OfWorkspace, Paged):
    pass


class ListEditions(NameConfiguration, Paged):
    pass


class CreateConfiguration(OfWorkspace):
    name = Text(required=True, shortest=1, longest=100)
    group_ids = _groups(required=True)
    format = _format(required=True)
    content = Content(required=True)
    enabled = fields.Boolean(load_default=False)


class Revised(NameConfiguration):
    revision = fields.Integer(required=True, strict=True, allow_none=True)


class ChangeConfiguration(Revised):
    name = Text(shortest=1, longest=100)
    group_ids = _groups()
    format = _format()
    content = Content()
    enabled = fields.Boolean()


class RollBack(Revised):
    edition = fields.Integer(required=True, strict=True)


class NameEdition(NameConfiguration):
    edition = fields.Integer(required=True, strict=True)


class CompareEditions(NameConfiguration):
    older = fields.Integer(required=True, strict=True)
    newer = fields.Integer(required=True, strict=True)


class OfMember(OfWorkspace):
    account_id = fields.UUID(required=True)
    group_ids = fields.List(fields.UUID(), required=True)


class ServedText(Schema):
    configuration_id = fields.UUID(required=True)
    version = fields.Integer(required=True, strict=True)


class NoteServed(OfWorkspace):
    account_id = fields.UUID(required=True)
    texts = fields.List(fields.Nested(ServedText), required=True, validate=validate.Length(min=1))


class Effective(OfMember):
    """``at``: names of keys as they were then, no values."""

    at = AtField()


class ConfigurationListed(Schema):
    """``keys``: names, never values."""

    id = fields.UUID()
    name = fields.String(allow_none=True)
    account_id = fields.UUID(allow_none=True)
    group_ids = fields.List(fields.UUID())
    format = fields.String()
    enabled = fields.Boolean()
    edition = fields.Integer()
    size = fields.Integer()
    keys = fields.List(fields.String(), allow_none=True)
    revision = fields.Integer()
    created_at = fields.AwareDateTime(allow_none=True)
    updated_at = fields.AwareDateTime(allow_none=True)


class ConfigurationsAnswer(Schema):
    items = fields.List(fields.Nested(ConfigurationListed))
    next_cursor = fields.String(allow_none=True)


class WarningAnswer(Schema):
    key = fields.String()
    code = fields.String()
    detail = fields.String()


class ConfigurationAnswer(ConfigurationListed):
    content = fields.String()
    warnings = fields.List(fields.Nested(WarningAnswer))


class EditionListed(Schema):
    edition = fields.Integer()
    format = fields.String()
    size = fields.Integer()
    keys = fields.List(fields.String(), allow_none=True)
    restored = fields.Integer(allow_none=True)
    saved_by = fields.UUID(allow_none=True)
    saved_at = fields.AwareDateTime()


class EditionsAnswer(Schema):
    items = fields.List(fields.Nested(EditionListed))
    next_cursor = fields.String(allow_none=True)


class EditionAnswer(Schema):
    edition = fields.Integer()
    name = fields.String(allow_none=True)
    format = fields.String()
    content = fields.String()


class DifferenceAnswer(Schema):
    older = fields.Integer()
    newer = fields.Integer()
    added = fields.List(fields.String())
    removed = fields.List(fields.String())
    changed = fields.List(fields.String())


class ServedConfiguration(ConfigurationListed):
    class Meta:
        exclude = ("keys",)

    data = fields.String()


class ServedAnswer(Schema):
    items = fields.List(fields.Nested(ServedConfiguration))


class SettingAnswer(Schema):
    key = fields.String()
    value = fields.Raw(allow_none=True)
    vault_id = fields.UUID()
    overridden = fields.List(fields.UUID())


class EffectiveAnswer(Schema):
    values = fields.Dict()
    keys = fields.List(fields.Nested(SettingAnswer))
    vaults = fields.List(fields.Nested(ConfigurationListed))
