from marshmallow import Schema, fields

from services.vault.schemas.cloud_credentials import Page


class OfAccount(Schema):
    account_id = fields.UUID(required=True)


class ListStorageAccess(OfAccount, Page):
    pass


class AddStorageAccess(OfAccount):
    values = fields.Dict(keys=fields.String(), values=fields.String(allow_none=True), required=True)


class NameStorageAccess(OfAccount):
    access_id = fields.UUID(required=True)


class ChangeStorageAccess(NameStorageAccess, AddStorageAccess):
    pass


class StorageAccessAnswer(Schema):
    id = fields.UUID()
    shown = fields.Dict(allow_none=True)
    created_at = fields.DateTime()
    updated_at = fields.DateTime()


class StorageAccessesAnswer(Schema):
    items = fields.List(fields.Nested(StorageAccessAnswer))
    next_cursor = fields.String(allow_none=True)


class GivenAccess(Schema):
    id = fields.UUID()
    values = fields.Dict()
