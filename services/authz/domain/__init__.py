"""The aggregates of this service, one module each."""

from services.authz.domain.group import Group
from services.authz.domain.group_name import GroupName
from services.authz.domain.member import Member
from services.authz.domain.nesting import DEEPEST, Nesting
from services.authz.domain.rule import Rule, Terms
from services.authz.domain.suspension import Suspension
from services.authz.domain.tree import Tree
from services.authz.domain.workspace import Workspace

__all__ = ["DEEPEST", "Group", "GroupName", "Member", "Nesting", "Rule", "Suspension", "Terms", "Tree", "Workspace"]
