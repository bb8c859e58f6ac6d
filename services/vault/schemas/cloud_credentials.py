from marshmallow import Schema, fields, validate

from services.chassis.fields import Text

_PROVIDERS = ("aws", "gcp", "azure", "s3")
_USES = ("data", "compute")


class Holder(Schema):
    """Whose it is: an account's or a workspace's."""

    owner_id = fields.UUID(load_default=None, allow_none=True)
    workspace_id = fields.UUID(load_default=None, allow_none=True)


class Page(Schema):
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, allow_none=True)


class NameCloudCredential(Holder):
    credential_id = fields.UUID(required=True)


class ListCloudCredentials(Holder, Page):
    pass


class _Said(Schema):
    provider = fields.String(required=True, validate=validate.OneOf(_PROVIDERS))
    name = Text(required=True, shortest=1, longest=100)
    uses = fields.List(fields.String(validate=validate.OneOf(_USES)), required=True, validate=validate.Length(max=len(_USES)))
    # What is in it depends on the provider.
    values = fields.Dict(keys=fields.String(), required=True)


class AddCloudCredential(Holder, _Said):
    account_id = fields.UUID(required=True)


class ChangeCloudCredential(NameCloudCredential, _Said):
    pass


class UseCloudCredential(NameCloudCredential):
    use = fields.String(required=True, validate=validate.OneOf(_USES))


class CheckCloudCredential(NameCloudCredential):
    account_id = fields.UUID(required=True)
    policy = fields.Dict(keys=fields.String(), load_default=None, allow_none=True)


class MakeSecretLink(UseCloudCredential):
    account_id = fields.UUID(required=True)
    minutes = fields.Integer(strict=True, load_default=None, allow_none=True, validate=validate.Range(min=1))


class OpenSecretLink(Schema):
    token = fields.String(required=True, validate=validate.Length(1, 200))


class NeededPermissions(Schema):
    provider = fields.String(required=True, validate=validate.OneOf(("aws", "gcp")))


class CloudCredentialAnswer(Schema):
    id = fields.UUID()
    provider = fields.String()
    name = fields.String(allow_none=True)
    uses = fields.List(fields.String())
    shown = fields.Dict(allow_none=True)
    added_by = fields.UUID()
    created_at = fields.DateTime()
    updated_at = fields.DateTime()


class CloudCredentialsAnswer(Schema):
    items = fields.List(fields.Nested(CloudCredentialAnswer))
    next_cursor = fields.String(allow_none=True)


class CheckAnswer(Schema):
    source = fields.String()
    needed = fields.List(fields.String())
    missing = fields.List(fields.String())
    limited = fields.List(fields.String())


class GivenAnswer(Schema):
    id = fields.UUID()
    provider = fields.String()
    use = fields.String()
    values = fields.Dict()


class SecretLinkAnswer(Schema):
    id = fields.UUID()
    token = fields.String()
    use = fields.String()
    expires_at = fields.DateTime()
