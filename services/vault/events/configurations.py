from marshmallow import Schema, fields

from services.vault.domain import Configuration, Reading
from services.vault.events.public import PUBLIC


class AboutConfiguration(Schema):
    """``account_id``: whose own it is; null for an administrator's."""

    configuration_id = fields.UUID(required=True, attribute="originator_id")
    account_id = fields.UUID(required=True, allow_none=True)


@PUBLIC.event(Configuration.Created)
class ConfigurationCreated(AboutConfiguration):
    """There is a configuration for the members of these groups, or somebody's own; it says nothing yet and is switched off."""

    group_ids = fields.List(fields.UUID(), required=True)


@PUBLIC.event(Configuration.Saved)
class ConfigurationSaved(AboutConfiguration):
    """It says something else from now on. ``restored``: the number of the earlier text that it says again, or null."""

    version = fields.Integer(required=True, attribute="edition")
    format = fields.String(required=True)
    size = fields.Integer(required=True)
    restored = fields.Integer(required=True, allow_none=True)


@PUBLIC.event(Configuration.Enabled)
class ConfigurationEnabled(AboutConfiguration):
    """Clients get it from their next session on."""


@PUBLIC.event(Configuration.Disabled)
class ConfigurationDisabled(AboutConfiguration):
    """Clients get nothing of it any more."""


@PUBLIC.event(Configuration.Renamed)
class ConfigurationRenamed(Schema):
    """An administrator's has another name, and with it perhaps another rank among others."""

    configuration_id = fields.UUID(required=True, attribute="originator_id")


@PUBLIC.event(Configuration.Regrouped)
class ConfigurationRegrouped(Schema):
    """An administrator's is for the members of these groups from now on."""

    configuration_id = fields.UUID(required=True, attribute="originator_id")
    group_ids = fields.List(fields.UUID(), required=True)


@PUBLIC.event(Configuration.Deleted)
class ConfigurationDeleted(AboutConfiguration):
    """It is gone, and with it the keys that its texts were encrypted with."""


class TextRead(Schema):
    configuration_id = fields.UUID(required=True)
    version = fields.Integer(required=True)


@PUBLIC.event(Reading.Created)
class ConfigurationRead(Schema):
    """Somebody was given what these texts say, or of ``diff`` which keys differ: who, from where and with which credential is told around
    this. ``use``: editor, download, version or diff, of a configuration of ``account_id``'s own, or of administrators' if that is null;
    effective or client, what clients of ``account_id`` get. For a while, more of the same is not told again."""

    account_id = fields.UUID(required=True, allow_none=True)
    use = fields.String(required=True)
    texts = fields.List(fields.Nested(TextRead), required=True)
