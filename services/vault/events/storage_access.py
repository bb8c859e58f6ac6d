from marshmallow import Schema, fields

from services.vault.domain import StorageAccess
from services.vault.events.public import PUBLIC


@PUBLIC.event(StorageAccess.Created)
class StorageAccessAdded(Schema):
    """Somebody saved what the browser is to show to a bucket."""

    storage_access_id = fields.UUID(required=True, attribute="originator_id")
    account_id = fields.UUID(required=True, attribute="owner_id")


@PUBLIC.event(StorageAccess.Changed)
class StorageAccessChanged(Schema):
    """It was saved again."""

    storage_access_id = fields.UUID(required=True, attribute="originator_id")
    account_id = fields.UUID(required=True, attribute="owner_id")


@PUBLIC.event(StorageAccess.Deleted)
class StorageAccessDeleted(Schema):
    """It is gone, and with it the key that its secret was encrypted with."""

    storage_access_id = fields.UUID(required=True, attribute="originator_id")
    account_id = fields.UUID(required=True, attribute="owner_id")
