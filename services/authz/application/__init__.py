"""Every use case of this service, one module for each thing they are about."""

from services.authz.application.members import Members
from services.authz.application.questions import Questions
from services.authz.application.resources import Resources
from services.authz.application.rules import Rules
from services.authz.application.suspensions import Suspensions


class Authz(Members, Rules, Resources, Questions, Suspensions):
    name = "authz"


__all__ = ["Authz"]
