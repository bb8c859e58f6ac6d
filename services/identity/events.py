"""Identity's public events."""

from marshmallow import Schema, fields

from services.chassis.public import PublicEvents
from services.identity.domain import Account, EmailAddress, Session, SignIn

PUBLIC = PublicEvents("identity")


@PUBLIC.event(Account.Created)
class AccountRegistered(Schema):
    """Somebody signed up. Ids of addresses are keyed digests: equal addresses have equal ids in every service."""

    account_id = fields.UUID(required=True, attribute="originator_id")
    address_ids = fields.List(fields.UUID(), required=True)


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


@PUBLIC.event(Account.Erased)
class AccountErased(Schema):
    """An account is gone for good. Its sessions ended with it; its addresses are free for others."""

    account_id = fields.UUID(required=True, attribute="originator_id")
    address_ids = fields.List(fields.UUID(), required=True)
