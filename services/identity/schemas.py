"""Every command to identity and every answer of it."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.chassis.fields import Address, Secret, Text
from services.identity import passwords, usernames

_NAME, _TOKEN = 100, 200
_USERNAME = validate.Regexp(rf"{usernames.SHAPE}\Z", error="2 to 39 letters, digits, dots, dashes or underscores.")


class RegisterAccount(Schema):
    email = Address(required=True)
    password = Secret(required=True, longest=passwords.LONGEST)
    first_name = Text(longest=_NAME)
    last_name = Text(longest=_NAME)
    username = fields.String(allow_none=True, validate=_USERNAME)
    setup_token = Secret(longest=_TOKEN, shortest=0, allow_none=True)


class VerifyEmail(Schema):
    token = Secret(required=True, longest=_TOKEN)


class StartSession(Schema):
    email = Address()
    username = Text(longest=_NAME, shortest=1)
    password = Secret(required=True, longest=passwords.LONGEST)

    @validates_schema
    def names_one(self, data: dict[str, Any], **_: Any) -> None:
        if len(data.keys() & {"email", "username"}) != 1:
            raise ValidationError("Give either an address or a username.", "email")


class Authenticate(Schema):
    digest = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{64}\Z"))


class GetAccount(Schema):
    account_id = fields.UUID(required=True)


class GetProfiles(Schema):
    account_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=200))


class ListSessions(Schema):
    account_id = fields.UUID(required=True)
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, allow_none=True)


class OfSession(Schema):
    account_id = fields.UUID(required=True)
    session_id = fields.UUID(required=True)


class SwitchWorkspace(OfSession):
    workspace_id = fields.UUID(required=True)


class EndSession(Schema):
    account_id = fields.UUID(required=True)
    session_id = fields.UUID(required=True)


class EraseAccount(Schema):
    account_id = fields.UUID(required=True)
    password = Secret(required=True, longest=passwords.LONGEST)
    confirm = Text(required=True, longest=_NAME)


class EmailAnswer(Schema):
    id = fields.UUID()
    address = fields.String()
    verified = fields.Boolean()
    primary = fields.Boolean()


class AccountAnswer(Schema):
    id = fields.UUID()
    username = fields.String()
    first_name = fields.String()
    last_name = fields.String()
    picture_url = fields.Constant(None, dump_only=True)
    emails = fields.List(fields.Nested(EmailAnswer))
    operator = fields.Boolean()
    created_at = fields.DateTime()


class StartedSession(Schema):
    id = fields.UUID()
    expires_at = fields.DateTime()


class SessionAnswer(Schema):
    token = fields.String()
    session = fields.Nested(StartedSession)
    account = fields.Nested(AccountAnswer)


class PrincipalAnswer(Schema):
    account_id = fields.UUID()
    session_id = fields.UUID()
    address_ids = fields.List(fields.UUID())
    operator = fields.Boolean()
    expires_at = fields.DateTime()


class Profile(Schema):
    account_id = fields.UUID()
    username = fields.String(allow_none=True)
    name = fields.String(allow_none=True)


class ProfilesAnswer(Schema):
    items = fields.List(fields.Nested(Profile))


class ListedSession(Schema):
    id = fields.UUID()
    created_at = fields.DateTime()
    expires_at = fields.DateTime()
    ip = fields.String()
    user_agent = fields.String()


class OneSession(ListedSession):
    workspace_id = fields.UUID(allow_none=True)


class SessionsAnswer(Schema):
    items = fields.List(fields.Nested(ListedSession))
    next_cursor = fields.String(allow_none=True)
