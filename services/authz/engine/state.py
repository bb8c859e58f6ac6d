"""What is so in one workspace, and every way in which it changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from services.authz.engine.ordered import Ordered
from services.authz.engine.parts import Grants, Group, Holder, Kind, Member, Node, Rule, Subject

# Groups beyond so many have no bit: what names one of the last would be longer than a set.
BITS = 4_096


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """``resource_id`` None is the whole type; ``users`` are accounts, each with its tenure; ``until`` is in seconds since 1970."""

    resource_type: str
    resource_id: str | None
    permission: str
    users: Iterable[tuple[str, int]] = ()
    groups: Iterable[str] = ()
    until: float | None = None
    event: int = 0


class State:
    """Each change costs what it changes, however much there is, and may come again: the last word holds.

    Whatever a change names has come before it, as in the log; what is named and not there any more is ignored. ``event`` is the position
    in the log of what made it so, for those who ask why.
    """

    def __init__(self, users: str, admins: str, queue_admins: str) -> None:
        self.members: dict[str, Member] = {}
        self.users, self.admins, self.queue_admins = Group(users), Group(admins), Group(queue_admins)
        self.groups = {group.id: group for group in (self.users, self.admins, self.queue_admins)}
        self.rules: dict[str, Rule] = {}
        self.kinds = Kinds()
        # The types that have rules of their own.
        self.ruled: set[Kind] = set()
        # Closed until it is paid, whatever anybody may do.
        self.suspended = False
        # Raised when groups change places or begin to be named: everybody's subjects are out of date.
        self.generation = 0
        # So many groups have one.
        self.bits = 0

    def admit(self, account: str, role: str, until: float | None, tenure: int, event: int = 0) -> None:
        member = self.members.get(account)
        if member is None or member.tenure != tenure:
            self.depart(account)
            member = self.members[account] = Member(account, tenure, role, inf, event)
        member.event = event
        self._join(member, self.users, event)
        self.set_role(account, role, event)
        self.set_term(account, until)

    def set_role(self, account: str, role: str, event: int = 0) -> None:
        if member := self.members.get(account):
            member.role, member.event = role, event
            change = self._join if role == "admin" else self._part
            change(member, self.admins, event)

    def set_term(self, account: str, until: float | None) -> None:
        if member := self.members.get(account):
            member.until = inf if until is None else until

    def depart(self, account: str) -> None:
        if member := self.members.pop(account, None):
            for group in member.groups:
                group.members.discard(member)

    def put_group(self, group: str) -> None:
        if group not in self.groups:
            self.groups[group] = Group(group)

    def drop_group(self, group: str) -> None:
        """Rules that name it stay and close; nobody holds them through it any more."""
        if dropped := self.groups.pop(group, None):
            dropped.gone = True
            self.generation += 1
            for member in dropped.members:
                del member.groups[dropped]
            for parent in dropped.parents:
                parent.children.discard(dropped)
            for child in dropped.children:
                child.parents.pop(dropped, None)

    def join(self, group: str, account: str, tenure: int, event: int = 0) -> None:
        member, joined = self.members.get(account), self.groups.get(group)
        if member and joined and member.tenure == tenure:
            self._join(member, joined, event)

    def part(self, group: str, account: str) -> None:
        member, parted = self.members.get(account), self.groups.get(group)
        if member and parted:
            self._part(member, parted)

    def _join(self, member: Member, group: Group, event: int) -> None:
        member.groups[group] = event
        group.members.add(member)
        member.generation = -1

    def _part(self, member: Member, group: Group, event: int = 0) -> None:
        member.groups.pop(group, None)
        group.members.discard(member)
        member.generation = -1

    def nest(self, child: str, parent: str, event: int = 0) -> None:
        inner, outer = self.groups.get(child), self.groups.get(parent)
        if inner and outer:
            inner.parents[outer] = event
            outer.children.add(inner)
            self.generation += 1

    def unnest(self, child: str, parent: str) -> None:
        inner, outer = self.groups.get(child), self.groups.get(parent)
        if inner and outer:
            inner.parents.pop(outer, None)
            outer.children.discard(inner)
            self.generation += 1

    def put_rule(self, rule: str, facts: RuleFacts) -> None:
        self.drop_rule(rule)
        kind = self.kinds[facts.resource_type]
        holder = kind if facts.resource_id is None else self._node(kind, facts.resource_id)
        until = inf if facts.until is None else facts.until
        self.attach(Rule(rule, holder, facts.permission == "modify", self._subjects(facts), until, facts.event))

    def drop_rule(self, rule: str) -> None:
        if dropped := self.rules.get(rule):
            self.detach(dropped)

    def attach(self, rule: Rule) -> None:
        self.rules[rule.id] = rule
        if rule.holder.grants is None:
            rule.holder.grants = Grants()
            if isinstance(rule.holder, Kind):
                self.ruled.add(rule.holder)
        for subject in rule.subjects:
            if not subject.named:
                self._name(subject)
        rule.holder.grants.add(rule)

    def _name(self, subject: Subject) -> None:
        subject.named = True
        if isinstance(subject, Member):
            subject.generation = -1
            return
        if self.bits < BITS:
            subject.bit = 1 << self.bits
            self.bits += 1
        self.generation += 1

    def detach(self, rule: Rule) -> None:
        del self.rules[rule.id]
        if grants := rule.holder.grants:
            grants.remove(rule)
            if not grants.rules:
                rule.holder.grants = None
                self._tidy(rule.holder)

    def _subjects(self, facts: RuleFacts) -> tuple[Subject, ...]:
        named: dict[Subject, None] = {}
        for account, tenure in facts.users:
            member = self.members.get(account)
            if member and member.tenure == tenure:
                named[member] = None
        for id in facts.groups:
            if group := self.groups.get(id):
                named[group] = None
        return tuple(named)

    def put_resource(self, type: str, id: str, parent: tuple[str, str] | None = None, event: int = 0) -> None:
        kind = self.kinds[type]
        node = self._node(kind, id)
        self._place(node, self._node(self.kinds[parent[0]], parent[1]) if parent else None)
        node.event = event
        if not node.registered:
            node.registered = True
            kind.ids.add(id)

    def drop_resource(self, type: str, id: str) -> None:
        kind = self.kinds[type]
        node = kind.nodes.get(id)
        if node and node.registered:
            node.registered = False
            kind.ids.remove(id)
            self._place(node, None)
            self._tidy(node)

    def _node(self, kind: Kind, id: str) -> Node:
        node = kind.nodes.get(id)
        if node is None:
            node = kind.nodes[id] = Node(kind, id)
        return node

    def _place(self, node: Node, parent: Node | None) -> None:
        former = node.parent
        if former is parent:
            return
        node.parent = parent
        if parent is not None:
            if parent.children is None:
                parent.children = set()
            parent.children.add(node)
        if former is not None and former.children is not None:
            former.children.discard(node)
            self._tidy(former)

    def _tidy(self, holder: Holder) -> None:
        """Forget a place that nothing names any more."""
        if isinstance(holder, Kind):
            self.ruled.discard(holder)
        elif not (holder.registered or holder.children or holder.grants):
            holder.kind.nodes.pop(holder.id, None)


class Kinds(dict[str, Kind]):
    def __missing__(self, type: str) -> Kind:
        kind = self[type] = Kind(type, Ordered())
        return kind
