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
    password = Secret(longest=passwords.LONGEST, allow_none=True)


class AskedToVerify(Schema):
    token = Secret(required=True, longest=_TOKEN)


class AddEmail(Schema):
    account_id = fields.UUID(required=True)
    address = Address(required=True)


class OwnEmail(Schema):
    account_id = fields.UUID(required=True)
    email_id = fields.UUID(required=True)


class ChangeProfile(Schema):
    account_id = fields.UUID(required=True)
    first_name = Text(longest=_NAME, shortest=1)
    last_name = Text(longest=_NAME, shortest=1)
    username = fields.String(validate=_USERNAME)


class PutPicture(Schema):
    account_id = fields.UUID(required=True)
    image = fields.String(required=True)


class ChangePassword(Schema):
    account_id = fields.UUID(required=True)
    session_id = fields.UUID(required=True)
    current_password = Secret(required=True, longest=passwords.LONGEST)
    new_password = Secret(required=True, longest=passwords.LONGEST)
    revoke_credentials = fields.Boolean(load_default=False)


class RequestPasswordReset(Schema):
    email = Address(required=True)


class ResetPassword(Schema):
    token = Secret(required=True, longest=_TOKEN)
    new_password = Secret(required=True, longest=passwords.LONGEST)


class Preferences(Schema):
    show_hidden_projects = fields.Boolean()
    hide_examples = fields.Boolean()
    hidpi_scale_override = fields.Boolean()
    hide_pro_tips = fields.Boolean()
    hidden_container_arguments = fields.List(Text(longest=200, shortest=1), validate=validate.Length(max=100))
    share_telemetry = fields.Boolean()


class ChangePreferences(Preferences):
    account_id = fields.UUID(required=True)


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


class SessionSeen(Schema):
    session_id = fields.UUID(required=True)


class EraseAccount(Schema):
    account_id = fields.UUID(required=True)
    session_id = fields.UUID(allow_none=True)
    password = Secret(longest=passwords.LONGEST, allow_none=True)
    confirm = Text(required=True, longest=_NAME)


class EmailAnswer(Schema):
    id = fields.UUID()
    address = fields.String()
    verified = fields.Boolean()
    primary = fields.Boolean()


class AskedEmailAnswer(EmailAnswer):
    account_id = fields.UUID()
    username = fields.String()


class PictureAnswer(Schema):
    image = fields.String()
    media_type = fields.String()


class AccountAnswer(Schema):
    id = fields.UUID()
    username = fields.String()
    first_name = fields.String()
    last_name = fields.String()
    picture_url = fields.String(allow_none=True)
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
    picture_url = fields.String(allow_none=True)


class ProfilesAnswer(Schema):
    items = fields.List(fields.Nested(Profile))


class ListedSession(Schema):
    id = fields.UUID()
    created_at = fields.DateTime()
    last_seen_at = fields.DateTime()
    expires_at = fields.DateTime()
    ip = fields.String()
    user_agent = fields.String()


class OneSession(ListedSession):
    workspace_id = fields.UUID(allow_none=True)


class SessionsAnswer(Schema):
    items = fields.List(fields.Nested(ListedSession))
    next_cursor = fields.String(allow_none=True)
