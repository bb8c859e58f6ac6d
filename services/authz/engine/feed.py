"""What each event of the log does to the index of its workspace."""

from typing import Any

from services.authz.domain import Group, Member, Nesting, Rule, Suspension, Tree, Workspace
from services.authz.engine.index import Index
from services.authz.engine.state import RuleFacts
from services.chassis.projections import Handlers, on

PROJECT = "project"


class Feed(Handlers):
    """``position``: the event's, in the log."""

    @on(Member.Created, Member.Readmitted)
    def admitted(self, event: Member.Created | Member.Readmitted, index: Index, position: int) -> None:
        index.admit(str(event.account_id), event.role, None, event.tenure, position)

    @on(Member.RoleChanged)
    def role_changed(self, event: Member.RoleChanged, index: Index, position: int) -> None:
        index.set_role(str(event.account_id), event.role, position)

    @on(Member.TermSet)
    def term_set(self, event: Member.TermSet, index: Index, position: int) -> None:
        index.set_term(str(event.account_id), event.expires_at.timestamp() if event.expires_at else None)

    @on(Member.Departed)
    def departed(self, event: Member.Departed, index: Index, position: int) -> None:
        index.depart(str(event.account_id))

    @on(Group.Created)
    def group_created(self, event: Group.Created, index: Index, position: int) -> None:
        index.put_group(str(event.originator_id))

    @on(Group.MembersChanged)
    def members_changed(self, event: Group.MembersChanged, index: Index, position: int) -> None:
        group = str(event.originator_id)
        for account in event.removed:
            index.part(group, account)
        for account, tenure in event.added.items():
            index.join(group, account, tenure, position)

    @on(Nesting.Changed)
    def nesting_changed(self, event: Nesting.Changed, index: Index, position: int) -> None:
        for child, parents in event.unnested.items():
            for parent in parents:
                index.unnest(child, parent)
        for child, parents in event.nested.items():
            for parent in parents:
                index.nest(child, parent, position)

    @on(Group.Deleted)
    def group_deleted(self, event: Group.Deleted, index: Index, position: int) -> None:
        index.drop_group(str(event.originator_id))

    @on(Rule.Created, Rule.Changed)
    def rule_said(self, event: Rule.Created | Rule.Changed, index: Index, position: int) -> None:
        index.put_rule(str(event.originator_id), facts(event, position))

    @on(Rule.Deleted)
    def rule_deleted(self, event: Rule.Deleted, index: Index, position: int) -> None:
        index.drop_rule(str(event.originator_id))

    @on(Tree.Changed)
    def resources_changed(self, event: Tree.Changed, index: Index, position: int) -> None:
        for change in event.changes:
            if change["op"] == "deleted":
                index.drop_resource(change["type"], change["id"])
            else:
                index.put_resource(change["type"], change["id"], place(change["parent"]), position)

    @on(Suspension.Suspended)
    def suspended(self, event: Suspension.Suspended, index: Index, position: int) -> None:
        index.suspended = True

    @on(Suspension.Resumed)
    def resumed(self, event: Suspension.Resumed, index: Index, position: int) -> None:
        index.suspended = False

    @on(Workspace.Created)
    def closed(self, event: Workspace.Created, index: Index, position: int) -> None:
        # Without members nothing else matters.
        for account in list(index.members):
            index.depart(account)

    def apply(self, event: Any, index: Index, position: int) -> None:
        if handler := self.handler(type(event)):
            handler(self, event, index, position)


def facts(said: Any, position: int) -> RuleFacts:
    """Of an event or of a rule's terms."""
    return RuleFacts(
        said.resource_type,
        said.resource_id,
        said.permission,
        said.users.items(),
        said.groups,
        said.expires_at.timestamp() if said.expires_at else None,
        position,
    )


def place(parent: str | None) -> tuple[str, str] | None:
    return (PROJECT, parent) if parent is not None else None
