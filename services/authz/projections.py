"""What this service's own events make of its tables."""

from typing import Any

from services.authz.domain import Group, Member, Nesting, Rule, Suspension, Tree, Workspace
from services.authz.views.tables import (
    group_members,
    groups,
    members,
    nestings,
    resources,
    rule_groups,
    rule_users,
    rules,
    suspensions,
)
from services.chassis.history import Streams
from services.chassis.projections import Projection, on
from services.chassis.views import Row, Rows


class MembersProjection(Projection):
    name = "members"
    version = 3
    tables = (members,)

    @on(Member.Created, Member.Readmitted)
    def admitted(self, event: Member.Created | Member.Readmitted, rows: Rows) -> None:
        rows.put(
            members,
            workspace_id=event.workspace_id,
            account_id=event.account_id,
            role=event.role,
            expires_at=None,
            tenure=event.tenure,
            stream_id=event.originator_id,
            version=event.originator_version,
        )

    @on(Member.RoleChanged)
    def role_changed(self, event: Member.RoleChanged, rows: Rows) -> None:
        rows.change(members, _member(event), role=event.role, version=event.originator_version)

    @on(Member.TermSet)
    def term_set(self, event: Member.TermSet, rows: Rows) -> None:
        rows.change(members, _member(event), expires_at=event.expires_at)

    @on(Member.Departed)
    def departed(self, event: Member.Departed, rows: Rows) -> None:
        rows.remove(members, **_member(event))

    @on(Workspace.Created)
    def closed(self, event: Workspace.Created, rows: Rows) -> None:
        rows.remove_where(members, workspace_id=event.workspace_id)


class GroupsProjection(Projection):
    name = "groups"
    bulky = True
    tables = (groups, group_members, nestings)

    @on(Group.Created)
    def created(self, event: Group.Created, rows: Rows) -> None:
        rows.put(
            groups,
            id=event.originator_id,
            workspace_id=event.workspace_id,
            name=event.name,
            description=event.description,
            built_in=event.built_in,
            version=event.originator_version,
            created_at=event.timestamp,
        )

    @on(Group.Changed)
    def changed(self, event: Group.Changed, rows: Rows) -> None:
        values = {"name": event.name, "description": event.description, "version": event.originator_version}
        rows.change(groups, {"id": event.originator_id}, **values)

    @on(Group.MembersChanged)
    def members_changed(self, event: Group.MembersChanged, rows: Rows) -> None:
        group = {"group_id": event.originator_id}
        for account_id in event.removed:
            rows.remove(group_members, **group, account_id=account_id)
        for account_id, tenure in event.added.items():
            version = event.originator_version
            rows.put(group_members, **group, account_id=account_id, workspace_id=event.workspace_id, tenure=tenure, version=version)
        rows.change(groups, {"id": event.originator_id}, version=event.originator_version)

    @on(Group.Deleted)
    def deleted(self, event: Group.Deleted, rows: Rows) -> None:
        rows.remove(groups, id=event.originator_id)
        rows.remove_where(group_members, group_id=event.originator_id)

    @on(Nesting.Changed)
    def nesting_changed(self, event: Nesting.Changed, rows: Rows) -> None:
        for child_id, parent_ids in event.unnested.items():
            for parent_id in parent_ids:
                rows.remove(nestings, child_id=child_id, parent_id=parent_id)
        made = {"workspace_id": event.workspace_id, "stream_id": event.originator_id, "version": event.originator_version}
        for child_id, parent_ids in event.nested.items():
            for parent_id in parent_ids:
                rows.put(nestings, child_id=child_id, parent_id=parent_id, **made)

    @on(Member.Readmitted, Member.Departed)
    def departed(self, event: Member.Readmitted | Member.Departed, rows: Rows) -> None:
        rows.remove_where(group_members, **_member(event))

    @on(Workspace.Created)
    def closed(self, event: Workspace.Created, rows: Rows) -> None:
        for table in self.tables:
            rows.remove_where(table, workspace_id=event.workspace_id)


class RulesProjection(Projection):
    """A rule whose assignees are all gone stays: it still closes what it is on."""

    name = "rules"
    tables = (rules, rule_users, rule_groups)

    @on(Rule.Created)
    def created(self, event: Rule.Created, rows: Rows) -> None:
        rows.put(rules, id=event.originator_id, workspace_id=event.workspace_id, created_at=event.timestamp, **_terms(event))
        self._assign(event, rows)

    @on(Rule.Changed)
    def changed(self, event: Rule.Changed, rows: Rows) -> None:
        rows.change(rules, {"id": event.originator_id}, **_terms(event))
        self._unassign(event, rows)
        self._assign(event, rows)

    @on(Rule.Deleted)
    def deleted(self, event: Rule.Deleted, rows: Rows) -> None:
        rows.remove(rules, id=event.originator_id)
        self._unassign(event, rows)

    @on(Group.Deleted)
    def group_deleted(self, event: Group.Deleted, rows: Rows) -> None:
        rows.remove_where(rule_groups, group_id=event.originator_id)

    @on(Member.Readmitted, Member.Departed)
    def departed(self, event: Member.Readmitted | Member.Departed, rows: Rows) -> None:
        rows.remove_where(rule_users, **_member(event))

    @on(Workspace.Created)
    def closed(self, event: Workspace.Created, rows: Rows) -> None:
        for table in self.tables:
            rows.remove_where(table, workspace_id=event.workspace_id)

    def _assign(self, event: Rule.Created | Rule.Changed, rows: Rows) -> None:
        named = {"rule_id": event.originator_id, "workspace_id": event.workspace_id}
        for account_id, tenure in event.users.items():
            rows.put(rule_users, account_id=account_id, tenure=tenure, **named)
        for group_id in event.groups:
            rows.put(rule_groups, group_id=group_id, **named)

    def _unassign(self, event: Rule.Changed | Rule.Deleted, rows: Rows) -> None:
        for table in (rule_users, rule_groups):
            rows.remove_where(table, rule_id=event.originator_id)


class ResourcesProjection(Projection):
    name = "resources"
    bulky = True
    tables = (resources,)

    @on(Tree.Changed)
    def changed(self, event: Tree.Changed, rows: Rows) -> None:
        made = {"stream_id": event.originator_id, "version": event.originator_version}
        for change in event.changes:
            key = {"workspace_id": event.workspace_id, "type": change["type"], "id": change["id"]}
            if change["op"] == "deleted":
                rows.remove(resources, **key)
            else:
                rows.put(resources, **key, name=change["name"], parent_id=change["parent"], **made)

    @on(Workspace.Created)
    def closed(self, event: Workspace.Created, rows: Rows) -> None:
        rows.remove_where(resources, workspace_id=event.workspace_id)


class SuspensionsProjection(Projection):
    name = "suspensions"
    tables = (suspensions,)

    @on(Suspension.Suspended)
    def suspended(self, event: Suspension.Suspended, rows: Rows) -> None:
        rows.put(suspensions, workspace_id=event.workspace_id)

    @on(Suspension.Resumed, Workspace.Created)
    def resumed(self, event: Suspension.Resumed | Workspace.Created, rows: Rows) -> None:
        rows.remove(suspensions, workspace_id=event.workspace_id)


class AccessStreams(Streams):
    @on(Member.Created, Group.Created, Nesting.Created, Rule.Created, Tree.Created, Suspension.Created, Workspace.Created)
    def begun(self, event: Any, rows: Rows) -> None:
        self.note(event.workspace_id, event, rows)


def _member(event: Any) -> Row:
    return {"workspace_id": event.workspace_id, "account_id": event.account_id}


def _terms(event: Rule.Created | Rule.Changed) -> Row:
    return {
        "resource_type": event.resource_type,
        "resource_id": event.resource_id,
        "permission": event.permission,
        "expires_at": event.expires_at,
        "version": event.originator_version,
    }


REPLAYED = (MembersProjection, GroupsProjection, RulesProjection, ResourcesProjection, SuspensionsProjection)
OWN = (*REPLAYED, AccessStreams)
