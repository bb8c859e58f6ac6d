"""Every use case of this service, one module for each thing they are about."""

from services.workspaces.application.erasure import Erasure
from services.workspaces.application.invitations import Invitations
from services.workspaces.application.members import Members
from services.workspaces.application.notices import Notices
from services.workspaces.application.workspaces import AboutWorkspaces


class Workspaces(AboutWorkspaces, Members, Invitations, Notices, Erasure):
    name = "workspaces"


__all__ = ["Workspaces"]
