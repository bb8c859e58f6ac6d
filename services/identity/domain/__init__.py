"""Accounts, the addresses and usernames they hold, their sessions, and the installation itself."""

from services.identity.domain.account import Account
from services.identity.domain.email import EmailAddress
from services.identity.domain.installation import Installation
from services.identity.domain.session import Session, SignIn
from services.identity.domain.username import Username

__all__ = ["Account", "EmailAddress", "Installation", "Session", "SignIn", "Username"]
