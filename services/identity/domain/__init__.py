"""Accounts, the addresses and usernames they hold, their sessions, tokens and key pairs, and the installation itself."""

from services.identity.domain.account import Account
from services.identity.domain.device import DeviceAuthorization
from services.identity.domain.email import EmailAddress
from services.identity.domain.installation import Installation
from services.identity.domain.keypair import KeyPair
from services.identity.domain.session import Session, SignIn
from services.identity.domain.signing import SigningKeys
from services.identity.domain.token import AccessToken
from services.identity.domain.username import Username

__all__ = [
    "AccessToken",
    "Account",
    "DeviceAuthorization",
    "EmailAddress",
    "Installation",
    "KeyPair",
    "Session",
    "SignIn",
    "SigningKeys",
    "Username",
]
