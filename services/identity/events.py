"""Identity's public events."""

from marshmallow import Schema, fields

from services.chassis.public import PublicEvents
from services.identity.domain import Account, EmailAddress, Refusal, ResetRequest, Session, SignIn

PUBLIC = PublicEvents("identity")


@PUBLIC.event(Account.Created)
class AccountRegistered(Schema):
    """Somebody signed up. Ids of addresses are keyed digests: equal addresses have equal ids in every service."""

    account_id = fields.UUID(required=True, attribute="originator_id")
    address_ids = fields.List(fields.UUID(), required=True)


@PUBLIC.event(Account.ProfileChanged)
class ProfileChanged(Schema):
    """Somebody changed their name; ``field`` is first_name, last_name or username."""

    account_id = fields.UUID(required=True, attribute="originator_id")
    field = fields.String(required=True)


@PUBLIC.event(Account.PictureChanged)
class PictureChanged(Schema):
    """Somebody changed or removed their picture; ``version`` is null once there is none."""

    account_id = fields.UUID(required=True, attribute="originator_id")
    version = fields.String(required=True, allow_none=True)


@PUBLIC.event(Account.PreferencesChanged)
class PreferencesChanged(Schema):
    """Somebody chose how the products behave: which choices changed, and how many container arguments are hidden now."""

    account_id = fields.UUID(required=True, attribute="originator_id")
    names = fields.List(fields.String(), required=True)
    hidden_arguments = fields.Integer(required=True)


@PUBLIC.event(Account.AddressAdded)
class EmailAdded(Schema):
    """Somebody named another address; it counts once it is verified."""

    account_id = fields.UUID(required=True, attribute="originator_id")
    address_id = fields.UUID(required=True)


@PUBLIC.event(Account.AddressRemoved)
class EmailRemoved(Schema):
    """An account gave up an address."""

    account_id = fields.UUID(required=True, attribute="originator_id")
    address_id = fields.UUID(required=True)


@PUBLIC.event(Account.PrimaryChanged)
class PrimaryChanged(Schema):
    """Mail for an account goes to another of its addresses."""

    account_id = fields.UUID(required=True, attribute="originator_id")
    address_id = fields.UUID(required=True)
    former_address_id = fields.UUID(required=True)


@PUBLIC.event(Account.PasswordChanged)
class PasswordChanged(Schema):
    """A password was changed, or ``reset`` by mail. Every session of the account ended but ``kept_session_id``."""

    account_id = fields.UUID(required=True, attribute="originator_id")
    reset = fields.Boolean(required=True)
    kept_session_id = fields.UUID(required=True, allow_none=True)
    credentials_revoked = fields.Boolean(required=True)


@PUBLIC.event(ResetRequest.Created)
class ResetRequested(Schema):
    """Somebody asked to reset a password; ``account_id`` is null if no account has proved that address."""

    account_id = fields.UUID(required=True, allow_none=True)
    address_id = fields.UUID(required=True)


@PUBLIC.event(Refusal.Created)
class AttemptRefused(Schema):
    """Somebody gave a wrong password for what needs it, or used a link that is dead; ``code`` is that of the refusal."""

    account_id = fields.UUID(required=True)
    code = fields.String(required=True)


@PUBLIC.event(EmailAddress.Renewed)
class VerificationRenewed(Schema):
    """Somebody asked for another link to verify an address."""

    account_id = fields.UUID(required=True)
    address_id = fields.UUID(required=True, attribute="originator_id")


@PUBLIC.event(EmailAddress.Verified)
class EmailVerified(Schema):
    """Somebody proved that an address is theirs."""

    account_id = fields.UUID(required=True)
    address_id = fields.UUID(required=True, attribute="originator_id")


@PUBLIC.event(Session.Created)
class SessionStarted(Schema):
    """Somebody signed in."""

    account_id = fields.UUID(required=True)
    session_id = fields.UUID(required=True, attribute="originator_id")


@PUBLIC.event(Session.Ended)
class SessionEnded(Schema):
    """Somebody signed out, or ended a session elsewhere."""

    account_id = fields.UUID(required=True)
    session_id = fields.UUID(required=True, attribute="originator_id")


@PUBLIC.event(SignIn.Created)
class SessionRefused(Schema):
    """Somebody failed to sign in; ``account_id`` is null if there is no such account, ``address_id`` if a username was given."""

    account_id = fields.UUID(required=True, allow_none=True)
    address_id = fields.UUID(required=True, allow_none=True)


@PUBLIC.event(Account.Erased)
class AccountErased(Schema):
    """An account is gone for good. Its sessions ended with it; its addresses are free for others."""

    account_id = fields.UUID(required=True, attribute="originator_id")
    address_ids = fields.List(fields.UUID(), required=True)
