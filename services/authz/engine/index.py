"""The questions. They are asked of a state that the log had at some position, where nothing is inside itself."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from heapq import nsmallest
from itertools import islice
from math import inf
from operator import or_

from services.authz.engine.parts import Grants, Group, Holder, Member, Subject
from services.authz.engine.state import State

# What only queue administrators do to queues; to everything else it is a modification.
RESERVED = frozenset({"create", "delete", "rename"})


@dataclass(frozen=True, slots=True)
class Decision:
    """``until``: when time alone turns the answer, None if it never does."""

    allowed: bool
    until: float | None


@dataclass(frozen=True, slots=True)
class Page:
    """``after``: where the next page begins, None if this is the last one. A page may be short and yet not the last."""

    ids: list[str]
    after: str | None


class Index(State):
    def allowed(self, account: str, action: str, type: str, id: str, now: float) -> bool:
        member = self.members.get(account)
        if member is None or member.until <= now:
            return False
        if type == "queue" and action in RESERVED:
            return self.queue_admins in above(member)
        bits = member.bits if member.generation == self.generation else self.known(member).bits
        kind = self.kinds[type]
        start = kind.nodes.get(id) or kind
        holder: Holder | None = start
        closed = False
        while holder is not None:
            if (grants := holder.grants) is not None:
                # Bits decide nearly always, and a call would cost more than they do.
                if bits & grants.modify:
                    return True
                if (action == "read" or grants.more) and grants.gives(member, action != "read", now):
                    return True
                closed = True
            holder = holder.parent
        if member.role == "admin":
            return True
        if self.ruled:
            types = self._type_rules(start)
            if any(grants.gives(member, action != "read", now) for grants in types):
                return True
            closed = closed or bool(types)
        return not closed and (action == "read" or member.role != "viewer")

    def _type_rules(self, holder: Holder | None) -> list[Grants]:
        found = []
        while holder is not None:
            if (grants := holder.kind.grants) is not None:
                found.append(grants)
            holder = holder.parent
        return found

    def decide(self, account: str, action: str, type: str, id: str, now: float) -> Decision:
        if not self.allowed(account, action, type, id, now):
            return Decision(False, None)
        member = self.members[account]
        ends = inf if type == "queue" and action in RESERVED else self._ends(member, action != "read", type, id, now)
        until = min(member.until, ends)
        return Decision(True, None if until == inf else until)

    def _ends(self, member: Member, modify: bool, type: str, id: str, now: float) -> float:
        """When the last rule that grants it expires; a rule that has expired still closes."""
        rules = self.rules_on(self.holder(type, id))
        if member.role == "admin" or not rules:
            return inf
        return max(grants.ends(self.known(member), modify, now) for grants in rules)

    def who_can(self, type: str, id: str, action: str, now: float, after: str | None = None, limit: int = 100) -> Page:
        found = (member.account for member in self.who(type, id, action, now))
        page = nsmallest(limit + 1, found if after is None else (account for account in found if account > after))
        return Page(page[:limit], page[limit - 1] if len(page) > limit else None)

    def who(self, type: str, id: str, action: str, now: float) -> set[Member]:
        if type == "queue" and action in RESERVED:
            return {member for member in self.members_of([self.queue_admins]) if member.until > now}
        return self.who_of(self.rules_on(self.holder(type, id)), action != "read", now)

    def who_of(self, rules: list[Grants], modify: bool, now: float) -> set[Member]:
        """Everybody whom a line with these rules lets through."""
        if rules:
            found = self.members_of({self.admins}.union(*(grants.named(modify, now) for grants in rules)))
        else:
            found = {member for member in self.users.members if not modify or member.role != "viewer"}
        return {member for member in found if member.until > now}

    def accessible(
        self, account: str, type: str, action: str, now: float, after: str | None = None, limit: int = 100, longest: int = 10_000
    ) -> Page:
        """The registered resources of a type, in the order of their ids; a page ends after looking at ``longest`` of them."""
        found: list[str] = []
        last = None
        for last in islice(self.kinds[type].ids.after(after), longest):
            if self.allowed(account, action, type, last, now):
                found.append(last)
                if len(found) == limit:
                    break
        more = last is not None and next(self.kinds[type].ids.after(last), None) is not None
        return Page(found, last if more else None)

    def holder(self, type: str, id: str) -> Holder:
        kind = self.kinds[type]
        return kind.nodes.get(id, kind)

    def rules_on(self, holder: Holder) -> list[Grants]:
        """All rules on the line from a resource to its root."""
        return [grants for _, grants in line(holder)]

    def known(self, member: Member) -> Member:
        """With its subjects and bits as they are now."""
        if member.generation != self.generation:
            found: set[Subject] = {member, *above(member)}
            member.subjects = frozenset(subject for subject in found if subject.named)
            member.bits = reduce(or_, (subject.bit for subject in member.subjects), 0)
            member.generation = self.generation
        return member

    def groups_of(self, account: str, now: float) -> list[str]:
        """However deep; none of somebody who is no member."""
        member = self.members.get(account)
        if member is None or member.until <= now:
            return []
        return [group.id for group in above(member)]

    def members_of(self, subjects: Iterable[Subject]) -> set[Member]:
        """Themselves and whoever is in one of the groups, however deep."""
        there = [subject for subject in subjects if self.is_there(subject)]
        groups = {subject for subject in there if isinstance(subject, Group)}
        return {subject for subject in there if isinstance(subject, Member)}.union(*(group.members for group in below(groups)))

    def is_there(self, subject: Subject) -> bool:
        """Rules go on naming those who have left, and groups that were deleted."""
        return not subject.gone if isinstance(subject, Group) else self.members.get(subject.account) is subject


def line(holder: Holder | None) -> Iterator[tuple[Holder, Grants]]:
    """What has rules on the way from a resource to its root, a thing before its type, each type once."""
    types = set()
    while holder is not None:
        if holder is not holder.kind and holder.grants is not None:
            yield holder, holder.grants
        if holder.kind.grants is not None and holder.kind not in types:
            types.add(holder.kind)
            yield holder.kind, holder.kind.grants
        holder = holder.parent


def above(start: Member | Group) -> set[Group]:
    """The groups that somebody or a group is in, however deep."""
    found: set[Group] = set()
    todo = list(start.groups if isinstance(start, Member) else start.parents)
    while todo:
        group = todo.pop()
        if group not in found and not group.gone:
            found.add(group)
            todo += group.parents
    return found


def below(groups: set[Group]) -> set[Group]:
    """These groups and all groups in them."""
    found = set(groups)
    todo = list(groups)
    while todo:
        inner = {child for child in todo.pop().children if not child.gone} - found
        found |= inner
        todo += inner
    return found
