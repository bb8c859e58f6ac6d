"""Accounts, what they hold and show, how they come in, and the installation itself."""

from services.identity.domain.account import Account
from services.identity.domain.client_preferences import ClientPreferences
from services.identity.domain.device import DeviceAuthorization
from services.identity.domain.email import EmailAddress
from services.identity.domain.installation import Installation
from services.identity.domain.keypair import KeyPair
from services.identity.domain.picture import Picture
from services.identity.domain.refusal import Refusal
from services.identity.domain.reset import ResetRequest
from services.identity.domain.revoked_jwt import RevokedJwt
from services.identity.domain.session import Session, SignIn
from services.identity.domain.signing import SigningKeys
from services.identity.domain.token import AccessToken
from services.identity.domain.username import Username

__all__ = [
    "AccessToken",
    "Account",
    "ClientPreferences",
    "DeviceAuthorization",
    "EmailAddress",
    "Installation",
    "KeyPair",
    "Picture",
    "Refusal",
    "ResetRequest",
    "RevokedJwt",
    "Session",
    "SignIn",
    "SigningKeys",
    "Username",
]
