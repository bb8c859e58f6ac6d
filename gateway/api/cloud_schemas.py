"""What cloud credentials look like at the routes."""

from typing import Any

from marshmallow import Schema, fields, validate

from gateway.api.schemas import Id, Time
from services.chassis.fields import Text

PROVIDERS = ("aws", "gcp", "azure", "s3")
USES = ("data", "compute")


def use(**kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(USES), **kwargs)


def of(*providers: str, secret: bool = False, longest: int = 512) -> fields.String:
    """A field of these providers' credentials; the vault knows what it has to look like."""
    said = f"of {', '.join(providers)}" + ("; masked in answers, and kept if it is sent back so or left out" if secret else "")
    return fields.String(validate=validate.Length(max=longest), metadata={"description": said})


class ProviderFields(Schema):
    access_key_id = of("aws", "s3")
    secret_access_key = of("aws", "s3", secret=True)
    session_token = of("aws", secret=True, longest=4096)
    region = of("aws", "s3")
    credentials = fields.String(
        validate=validate.Length(max=20_000), metadata={"description": "of gcp: the key file of a service account; masked in answers"}
    )
    project_id = of("gcp")
    account_name = of("azure")
    account_key = of("azure", secret=True)
    sas_token = of("azure", secret=True, longest=4096)
    tenant_id = of("azure")
    client_id = of("azure")
    client_secret = of("azure", secret=True)
    endpoint_url = of("s3")


class NewCloudCredential(ProviderFields):
    provider = fields.String(required=True, validate=validate.OneOf(PROVIDERS))
    name = Text(required=True, shortest=1, longest=100)
    uses = fields.List(use(), required=True, validate=validate.Length(max=len(USES)), metadata={"description": "other uses are refused"})


class CloudCredential(ProviderFields):
    id = Id(required=True)
    provider = fields.String(required=True, metadata={"enum": [*PROVIDERS]})
    name = fields.String(required=True, allow_none=True)
    uses = fields.List(fields.String(), required=True)
    client_email = fields.String(metadata={"description": "of gcp: the service account"})
    added_by = Id(required=True)
    created_at = Time(required=True)
    updated_at = Time(required=True)


class CloudCheck(Schema):
    policy = fields.Dict(
        keys=fields.String(), metadata={"description": "an IAM policy document, or a GCP role: judged instead of asking the cloud"}
    )


class CloudChecked(Schema):
    source = fields.String(required=True, metadata={"enum": ["cloud", "policy"]})
    needed = fields.List(fields.String(), required=True)
    missing = fields.List(fields.String(), required=True)
    limited = fields.List(fields.String(), required=True, metadata={"description": "granted for some resources or under conditions only"})


class SecretUse(Schema):
    use = use(required=True)


class GivenCredential(Schema):
    id = Id(required=True)
    provider = fields.String(required=True, metadata={"enum": [*PROVIDERS]})
    use = fields.String(required=True)
    values = fields.Dict(required=True, metadata={"description": "the provider's fields, secrets in clear text"})


class NewSecretLink(SecretUse):
    minutes = fields.Integer(strict=True, validate=validate.Range(1, 2**31 - 1), metadata={"description": "default: 15"})


class SecretLink(Schema):
    id = Id(required=True)
    link = fields.String(required=True, metadata={"description": "shown this once; POST to it, once"})
    use = fields.String(required=True)
    expires_at = Time(required=True)


class NeededPermissions(Schema):
    provider = fields.String(required=True)
    permissions = fields.List(fields.String(), required=True)
