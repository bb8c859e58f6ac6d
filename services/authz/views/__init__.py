"""What can be asked of rows: tables and queries, by what they are about."""

from services.authz.views.groups import GroupQueries
from services.authz.views.members import MemberQueries
from services.authz.views.resources import ResourceQueries
from services.authz.views.rules import RuleQueries


class AuthzViews(MemberQueries, GroupQueries, RuleQueries, ResourceQueries):
    pass


__all__ = ["AuthzViews"]
