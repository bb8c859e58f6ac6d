"""Commands and answers about tokens and key pairs."""

from typing import Any

from marshmallow import Schema, fields, validate

from services.chassis.fields import Text
from services.chassis.scopes import SCOPES

_NAME, _IDS = 100, 50
_DIGEST = validate.Regexp(r"[0-9a-f]{64}\Z")
_ACCESS_KEY = validate.Regexp(r"[A-Z0-9]{30}\Z")
_KINDS = ("named", "studio")


class _Page(Schema):
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, allow_none=True)


def scopes(**kwargs: Any) -> Any:
    names = fields.String(validate=validate.OneOf(SCOPES))
    return fields.List(names, validate=validate.Length(1, len(SCOPES)), **kwargs)


class CreateToken(Schema):
    account_id = fields.UUID(required=True)
    kind = fields.String(validate=validate.OneOf(_KINDS))
    name = Text(longest=_NAME)
    scopes = scopes(allow_none=True)
    workspace_ids = fields.List(fields.UUID(), allow_none=True, validate=validate.Length(1, _IDS))
    expires_at = fields.AwareDateTime(allow_none=True)


class ListTokens(_Page):
    account_id = fields.UUID(required=True)


class NameToken(Schema):
    account_id = fields.UUID(required=True)
    token_id = fields.UUID(required=True)


class AuthenticateToken(Schema):
    digest = fields.String(required=True, validate=_DIGEST)


class CreateKeyPair(Schema):
    account_id = fields.UUID(required=True)
    workspace_id = fields.UUID(required=True)
    label = Text(longest=_NAME)
    expires_at = fields.AwareDateTime(allow_none=True)


class ListKeyPairs(_Page):
    account_id = fields.UUID(required=True)
    workspace_id = fields.UUID(required=True)
    everybody = fields.Boolean(load_default=False)


class NameKeyPair(Schema):
    """``account_id`` is who asks, ``admin`` whether the workspace is theirs to administrate."""

    account_id = fields.UUID(required=True)
    workspace_id = fields.UUID(required=True)
    access_key = fields.String(required=True, validate=_ACCESS_KEY)
    admin = fields.Boolean()


class LabelKeyPair(NameKeyPair):
    label = Text(required=True, longest=_NAME)


class AuthenticateKeyPair(Schema):
    access_key = fields.String(required=True, validate=validate.Length(1, 100))
    secret_digest = fields.String(required=True, validate=_DIGEST)


class NameCredential(Schema):
    """``jwt_id``: of the JWT made from it that was shown."""

    credential_id = fields.UUID(required=True)
    jwt_id = fields.UUID()


class Use(Schema):
    credential_id = fields.UUID(required=True)
    at = fields.AwareDateTime(required=True)
    ip = fields.String(required=True, validate=validate.Length(max=100))
    user_agent = fields.String(required=True, validate=validate.Length(max=300))


class NoteUses(Schema):
    uses = fields.List(fields.Nested(Use), required=True, validate=validate.Length(max=1000))


class StartDevice(Schema):
    client_name = Text(required=True, shortest=1, longest=_NAME)
    token_name = Text(longest=_NAME)
    scopes = scopes(allow_none=True)
    token_days = fields.Integer(strict=True, allow_none=True, validate=validate.Range(1, 3650))
    workspaces = fields.List(Text(longest=_NAME), allow_none=True, validate=validate.Length(max=_IDS))


class NameDevice(Schema):
    account_id = fields.UUID(required=True)
    user_code = fields.String(required=True, validate=validate.Length(1, 100))


class AnswerDevice(NameDevice):
    approve = fields.Boolean(required=True)
    scopes = scopes(allow_none=True)
    workspace_ids = fields.List(fields.UUID(), allow_none=True, validate=validate.Length(1, _IDS))


class RedeemDevice(Schema):
    device_code = fields.String(required=True, validate=validate.Length(1, 500))


class StartedDevice(Schema):
    device_code = fields.String()
    user_code = fields.String()
    token_name = fields.String()
    expires_in = fields.Integer()
    interval = fields.Integer()


class DeviceAnswer(Schema):
    client_name = fields.String()
    token_name = fields.String()
    scopes = fields.List(fields.String())
    ip = fields.String()
    state = fields.String()
    requested_at = fields.DateTime()
    expires_at = fields.DateTime()
    token_days = fields.Integer(allow_none=True)
    workspaces = fields.List(fields.String())


class RedeemedDevice(Schema):
    token = fields.String()
    scopes = fields.List(fields.String())
    token_name = fields.String()
    expires_at = fields.DateTime(allow_none=True)


class IssueJwt(Schema):
    account_id = fields.UUID(required=True)
    credential_id = fields.UUID(required=True)
    workspace_id = fields.UUID(required=True)
    expires_in = fields.Integer(strict=True, allow_none=True, validate=validate.Range(1, 10**9))
    claims = fields.Dict(keys=fields.String(), allow_none=True)


class RevokeJwt(Schema):
    account_id = fields.UUID(required=True)
    credential_id = fields.UUID(required=True)
    jwt_id = fields.UUID(required=True)
    expires_at = fields.AwareDateTime(required=True)


class JwtAnswer(Schema):
    token = fields.String()
    expires_at = fields.DateTime()


class TokenAnswer(Schema):
    id = fields.UUID()
    kind = fields.String()
    name = fields.String(allow_none=True)
    prefix = fields.String()
    scopes = fields.List(fields.String())
    workspace_ids = fields.List(fields.UUID(), allow_none=True)
    created_at = fields.DateTime()
    expires_at = fields.DateTime(allow_none=True)
    last_used_at = fields.DateTime(allow_none=True)
    last_used_ip = fields.String(allow_none=True)


class NewTokenAnswer(TokenAnswer):
    token = fields.String()


class TokensAnswer(Schema):
    items = fields.List(fields.Nested(TokenAnswer))
    next_cursor = fields.String(allow_none=True)


class KeyPairAnswer(Schema):
    id = fields.UUID()
    access_key = fields.String()
    label = fields.String(allow_none=True)
    created_by = fields.UUID()
    created_at = fields.DateTime()
    expires_at = fields.DateTime(allow_none=True)
    last_used_at = fields.DateTime(allow_none=True)
    last_used_ip = fields.String(allow_none=True)
    last_used_from = fields.String(allow_none=True)


class NewKeyPairAnswer(KeyPairAnswer):
    secret_key = fields.String()


class KeyPairsAnswer(Schema):
    items = fields.List(fields.Nested(KeyPairAnswer))
    next_cursor = fields.String(allow_none=True)


class RevokedAnswer(Schema):
    id = fields.UUID()


class TokenPrincipal(Schema):
    account_id = fields.UUID()
    credential_id = fields.UUID()
    kind = fields.String()
    scopes = fields.List(fields.String(), allow_none=True)
    workspace_ids = fields.List(fields.UUID(), allow_none=True)
    address_ids = fields.List(fields.UUID())
    operator = fields.Boolean()
    expires_at = fields.DateTime(allow_none=True)


class KeyPairPrincipal(Schema):
    account_id = fields.UUID()
    credential_id = fields.UUID()
    workspace_id = fields.UUID()
    address_ids = fields.List(fields.UUID())
    expires_at = fields.DateTime(allow_none=True)
