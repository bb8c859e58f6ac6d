"""Accounts, the addresses and usernames they hold, their pictures and sessions, and the installation itself."""

from services.identity.domain.account import Account
from services.identity.domain.email import EmailAddress
from services.identity.domain.installation import Installation
from services.identity.domain.picture import Picture
from services.identity.domain.refusal import Refusal
from services.identity.domain.reset import ResetRequest
from services.identity.domain.session import Session, SignIn
from services.identity.domain.username import Username

__all__ = ["Account", "EmailAddress", "Installation", "Picture", "Refusal", "ResetRequest", "Session", "SignIn", "Username"]
