"""Configuration vaults as they are sent and answered."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from gateway.api.schemas import Flag, Id, Time
from gateway.past import Historical
from services.chassis.fields import Text

FORMATS = ("hocon", "json", "yaml")
_TEXT = {"description": "kept byte for byte"}


def _format(**kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(FORMATS), **kwargs)


def _groups(**kwargs: Any) -> fields.Field[Any]:
    metadata = {"description": "whose members' clients get it"}
    return fields.List(Id(), validate=validate.Length(1, 100), metadata=metadata, **kwargs)


class OwnVaultChange(Schema):
    format = _format()
    content = fields.String(metadata=_TEXT)
    enabled = Flag()

    @validates_schema
    def _changes_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError({"content": ["Give what is to change."]})


class VaultChange(OwnVaultChange):
    name = Text(shortest=1, longest=100)
    group_ids = _groups()


class NewVault(Schema):
    name = Text(required=True, shortest=1, longest=100)
    group_ids = _groups(required=True)
    format = _format(required=True)
    content = fields.String(required=True, metadata=_TEXT)
    enabled = Flag(load_default=False)


class Warned(Schema):
    key = fields.String(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)


class Told(Schema):
    """Without the text."""

    id = Id(required=True)
    format = fields.String(required=True, metadata={"enum": list(FORMATS)})
    enabled = fields.Boolean(required=True)
    version = fields.Integer(required=True, metadata={"description": "of the text; 0: none was ever saved"})
    revision = fields.Integer(required=True, metadata={"description": "the ETag, without its quotes"})
    size = fields.Integer(required=True, metadata={"description": "of the text, in bytes"})
    summary = fields.List(fields.String(), required=True, metadata={"description": "names of keys, never values; lists show the first 200"})
    created_at = Time(required=True, allow_none=True)
    updated_at = Time(required=True, allow_none=True)


class OwnVault(Told):
    content = fields.String(required=True, metadata=_TEXT)
    warnings = fields.List(fields.Nested(Warned), required=True, metadata={"description": "keys that reach beyond the configuration"})


class ListedVault(Told):
    name = fields.String(required=True)
    group_ids = fields.List(Id(), required=True)


class Vault(ListedVault, OwnVault):
    pass


class Version(Schema):
    version = fields.Integer(required=True)
    format = fields.String(required=True, metadata={"enum": list(FORMATS)})
    size = fields.Integer(required=True)
    summary = fields.List(fields.String(), required=True)
    restored = fields.Integer(required=True, allow_none=True, metadata={"description": "the earlier version whose text this is once more"})
    saved_by = Id(required=True, allow_none=True)
    saved_at = Time(required=True)


class VersionText(Schema):
    version = fields.Integer(required=True)
    format = fields.String(required=True, metadata={"enum": list(FORMATS)})
    content = fields.String(required=True, metadata=_TEXT)


class Compared(Schema):
    older = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 1))
    newer = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 1))


class Difference(Compared):
    """Names of keys, never values."""

    added = fields.List(fields.String(), required=True)
    removed = fields.List(fields.String(), required=True)
    changed = fields.List(fields.String(), required=True)


class RollBack(Schema):
    version = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**31 - 1))


class EffectiveQuery(Historical):
    user = Id(metadata={"description": "an account; default: the caller. Asking about others needs the role admin"})


class Source(Schema):
    """Which vault: ``user``, one's own, or ``group``, an administrator's."""

    id = Id(required=True)
    scope = fields.String(required=True, metadata={"enum": ["group", "user"]})
    name = fields.String(required=True)
    group_ids = fields.List(Id(), required=True)
    version = fields.Integer(required=True)


class Setting(Schema):
    key = fields.String(required=True)
    value = fields.Raw(allow_none=True, metadata={"description": "absent with at: of the past, names alone are told"})
    vault_id = Id(required=True, metadata={"description": "the vault that won"})
    overridden = fields.List(Id(), required=True, metadata={"description": "those it stands over, the strongest first"})


class Effective(Schema):
    values = fields.Dict(required=True, metadata={"description": "empty with at"})
    keys = fields.List(fields.Nested(Setting), required=True)
    vaults = fields.List(fields.Nested(Source), required=True, metadata={"description": "in the order of merging: the last wins"})
