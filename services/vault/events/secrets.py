from marshmallow import Schema, fields

from services.vault.domain import SecretLink, SecretUse
from services.vault.events.public import PUBLIC


@PUBLIC.event(SecretUse.Created)
class SecretUsed(Schema):
    """Somebody was given a secret: who, when and with which credential is told around this; for what, and by which link, in it."""

    record_id = fields.UUID(required=True)
    kind = fields.String(required=True)
    account_id = fields.UUID(required=True, allow_none=True, attribute="owner_id")
    use = fields.String(required=True)
    link_id = fields.UUID(required=True, allow_none=True)


@PUBLIC.event(SecretLink.Created)
class SecretLinkCreated(Schema):
    """There is a link that hands over a cloud credential, once."""

    link_id = fields.UUID(required=True, attribute="originator_id")
    credential_id = fields.UUID(required=True)
    account_id = fields.UUID(required=True, attribute="made_by")
    use = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)


@PUBLIC.event(SecretLink.Opened)
class SecretLinkOpened(Schema):
    """The link has handed over its credential; it opens nothing any more."""

    link_id = fields.UUID(required=True, attribute="originator_id")
    credential_id = fields.UUID(required=True)
    account_id = fields.UUID(required=True, attribute="made_by")


@PUBLIC.event(SecretLink.Reopened)
class SecretLinkReopened(Schema):
    """Somebody tried a link that had been opened before, and got nothing: one of the two was not meant to have it. Look into it."""

    link_id = fields.UUID(required=True, attribute="originator_id")
    credential_id = fields.UUID(required=True)
    account_id = fields.UUID(required=True, attribute="made_by")
