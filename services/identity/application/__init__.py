"""Every use case of this service, one module for each thing they are about."""

from services.identity.application.accounts import Accounts
from services.identity.application.emails import Emails, Letter
from services.identity.application.sessions import Sessions


class Identity(Accounts, Emails, Sessions):
    name = "identity"


__all__ = ["Identity", "Letter"]
