from marshmallow import Schema, fields

from services.vault.domain import CloudCredential
from services.vault.events.public import PUBLIC


@PUBLIC.event(CloudCredential.Created)
class CloudCredentialAdded(Schema):
    """A cloud credential was saved. ``account_id`` is whose it is, null if the workspace holds it."""

    credential_id = fields.UUID(required=True, attribute="originator_id")
    account_id = fields.UUID(required=True, allow_none=True, attribute="owner_id")
    provider = fields.String(required=True)
    uses = fields.List(fields.String(), required=True)


@PUBLIC.event(CloudCredential.Changed)
class CloudCredentialChanged(Schema):
    """Its name, its uses or what it says has changed."""

    credential_id = fields.UUID(required=True, attribute="originator_id")
    account_id = fields.UUID(required=True, allow_none=True, attribute="owner_id")
    uses = fields.List(fields.String(), required=True)


@PUBLIC.event(CloudCredential.Deleted)
class CloudCredentialDeleted(Schema):
    """A cloud credential is gone, and with it the key that its secrets were encrypted with."""

    credential_id = fields.UUID(required=True, attribute="originator_id")
    account_id = fields.UUID(required=True, allow_none=True, attribute="owner_id")
