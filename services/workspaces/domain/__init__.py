"""The aggregates of this service, one module each."""

from services.workspaces.domain.former_account import FormerAccount
from services.workspaces.domain.invitation import Invitation, Status, Terms
from services.workspaces.domain.notice import Notice, Reminder
from services.workspaces.domain.open_link import OpenLink
from services.workspaces.domain.roster import ADMIN, ROLES
from services.workspaces.domain.slug import Slug, personal_slug, slugify
from services.workspaces.domain.workspace import Workspace

__all__ = [
    "ADMIN",
    "ROLES",
    "FormerAccount",
    "Invitation",
    "Notice",
    "OpenLink",
    "Reminder",
    "Slug",
    "Status",
    "Terms",
    "Workspace",
    "personal_slug",
    "slugify",
]
