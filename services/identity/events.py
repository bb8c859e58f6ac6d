"""Identity's public events."""

from marshmallow import Schema, fields

from services.chassis.public import PublicEvents
from services.identity.domain import (
    AccessToken,
    Account,
    ClientPreferences,
    DeviceAuthorization,
    EmailAddress,
    KeyPair,
    Refusal,
    ResetRequest,
    RevokedJwt,
    Session,
    SignIn,
    SigningKeys,
)

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


@PUBLIC.event(ClientPreferences.Updated)
class ClientPreferencesUpdated(Schema):
    """A client program kept settings of its own pages for somebody; which, and what they say, is theirs alone."""

    account_id = fields.UUID(required=True)


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


# It is the session's own business: no event of that workspace.
@PUBLIC.event(Session.WorkspaceSwitched, workspace="")
class SessionWorkspaceSwitched(Schema):
    """Somebody works in another workspace from now on, in this session."""

    account_id = fields.UUID(required=True)
    session_id = fields.UUID(required=True, attribute="originator_id")
    workspace_id = fields.UUID(required=True)


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


@PUBLIC.event(Account.OperatorGranted)
class OperatorGranted(Schema):
    """Somebody operates the installation from now on."""

    account_id = fields.UUID(required=True, attribute="originator_id")


@PUBLIC.event(Account.OperatorRevoked)
class OperatorRevoked(Schema):
    """Somebody operates the installation no longer."""

    account_id = fields.UUID(required=True, attribute="originator_id")


@PUBLIC.event(Account.Erased)
class AccountErased(Schema):
    """An account is gone for good. Its sessions ended with it; its addresses are free for others."""

    account_id = fields.UUID(required=True, attribute="originator_id")
    address_ids = fields.List(fields.UUID(), required=True)


@PUBLIC.event(AccessToken.Created, AccessToken.Reissued)
class TokenCreated(Schema):
    """Somebody made an access token. ``workspace_ids`` is null if it is good for all of them, ``expires_at`` if it lasts."""

    account_id = fields.UUID(required=True)
    token_id = fields.UUID(required=True, attribute="originator_id")
    kind = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    workspace_ids = fields.List(fields.UUID(), required=True, allow_none=True)
    expires_at = fields.AwareDateTime(required=True, allow_none=True)


@PUBLIC.event(AccessToken.Regenerated)
class TokenRegenerated(Schema):
    """An access token has a new secret; the former one is refused."""

    account_id = fields.UUID(required=True)
    token_id = fields.UUID(required=True, attribute="originator_id")


@PUBLIC.event(AccessToken.Revoked)
class TokenRevoked(Schema):
    """An access token is refused from now on."""

    account_id = fields.UUID(required=True)
    token_id = fields.UUID(required=True, attribute="originator_id")


@PUBLIC.event(KeyPair.Created)
class KeyPairCreated(Schema):
    """Somebody made a key pair for a workspace."""

    account_id = fields.UUID(required=True)
    key_pair_id = fields.UUID(required=True, attribute="originator_id")
    expires_at = fields.AwareDateTime(required=True, allow_none=True)


@PUBLIC.event(KeyPair.Labelled)
class KeyPairLabelled(Schema):
    """A key pair has another label."""

    account_id = fields.UUID(required=True)
    key_pair_id = fields.UUID(required=True, attribute="originator_id")


@PUBLIC.event(KeyPair.Revoked)
class KeyPairRevoked(Schema):
    """A key pair, and every token made from it, is refused from now on; ``account_id`` had made it."""

    account_id = fields.UUID(required=True)
    key_pair_id = fields.UUID(required=True, attribute="originator_id")


@PUBLIC.event(AccessToken.ExpiryAnnounced, KeyPair.ExpiryAnnounced, name="identity.credential.expiring")
class CredentialExpiring(Schema):
    """A token or key pair ends soon. Said once for each end."""

    account_id = fields.UUID(required=True)
    credential_id = fields.UUID(required=True, attribute="originator_id")
    expires_at = fields.AwareDateTime(required=True)


@PUBLIC.event(RevokedJwt.Created)
class JwtRevoked(Schema):
    """A program has logged out: this one token is refused from now on. The pair it was made from goes on, and so do others."""

    account_id = fields.UUID(required=True)
    jwt_id = fields.UUID(required=True)
    credential_id = fields.UUID(required=True)
    expires_at = fields.AwareDateTime(required=True)


@PUBLIC.event(SigningKeys.Rotated)
class SigningKeysRotated(Schema):
    """JWTs are signed with another key from now on; the former one is believed until then."""

    kid = fields.String(required=True)
    former_until = fields.AwareDateTime(required=True)


@PUBLIC.event(DeviceAuthorization.Begun)
class DeviceBegun(Schema):
    """A program on another device asked to be signed in; who it will belong to is not known yet."""

    device_id = fields.UUID(required=True, attribute="originator_id")
    scopes = fields.List(fields.String(), required=True)
    expires_at = fields.AwareDateTime(required=True)


@PUBLIC.event(DeviceAuthorization.Approved)
class DeviceApproved(Schema):
    """Somebody let a program on another device have a token."""

    account_id = fields.UUID(required=True)
    scopes = fields.List(fields.String(), required=True)
    workspace_ids = fields.List(fields.UUID(), required=True, allow_none=True)


@PUBLIC.event(DeviceAuthorization.Denied)
class DeviceDenied(Schema):
    """Somebody refused a program on another device a token."""

    account_id = fields.UUID(required=True)


@PUBLIC.event(DeviceAuthorization.Redeemed)
class DeviceRedeemed(Schema):
    """A program has fetched the token that somebody let it have."""

    account_id = fields.UUID(required=True)
    token_id = fields.UUID(required=True)
