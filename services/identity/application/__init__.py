"""Every use case of this service, one module for each thing they are about."""

from services.identity.application.accounts import Accounts
from services.identity.application.client_preferences import KeepsClientPreferences
from services.identity.application.devices import Devices
from services.identity.application.emails import Emails
from services.identity.application.expiry import Expiry
from services.identity.application.keypairs import KeyPairs
from services.identity.application.operators import Operators
from services.identity.application.passwords import Passwords
from services.identity.application.profile import Profile
from services.identity.application.sessions import Sessions
from services.identity.application.shared import Letter
from services.identity.application.signing import Signing


class Identity(Accounts, Operators, Profile, Emails, Passwords, Sessions, Devices, KeyPairs, Expiry, Signing, KeepsClientPreferences):
    name = "identity"


__all__ = ["Identity", "Letter"]
