"""What an index is made of. All are compared by identity, so that a set of them costs no more than a set of numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

from services.authz.engine.ordered import Ordered


@dataclass(slots=True, eq=False)
class Member:
    """One stay of one account: whoever leaves and joins again is another member, and has nothing of the first."""

    account: str
    tenure: int
    role: str
    until: float
    event: int
    # Group -> the event that put the member there.
    groups: "dict[Group, int]" = field(default_factory=dict)
    # Itself and every group it is in, however deep: as of this generation of groups, or to be worked out again.
    subjects: "frozenset[Subject]" = frozenset()
    generation: int = -1


@dataclass(slots=True, eq=False)
class Group:
    id: str
    members: set[Member] = field(default_factory=set)
    # Group -> the event that nested the one in the other.
    parents: "dict[Group, int]" = field(default_factory=dict)
    children: "set[Group]" = field(default_factory=set)
    gone: bool = False


Subject = Member | Group


@dataclass(slots=True, eq=False)
class Rule:
    id: str
    holder: "Holder"
    modify: bool
    subjects: tuple[Subject, ...]
    until: float
    event: int

    @property
    def permission(self) -> str:
        return "modify" if self.modify else "read"


@dataclass(slots=True, eq=False)
class Grants:
    """The rules on one thing, and whom those that never expire name: in sets, which are compared without a look at what they hold."""

    rules: dict[Rule, None] = field(default_factory=dict)
    modify: set[Subject] = field(default_factory=set)
    read: set[Subject] = field(default_factory=set)
    timed: dict[Rule, None] = field(default_factory=dict)
    # How many more rules say the same of the same.
    again: dict[tuple[Subject, bool], int] = field(default_factory=dict)

    def add(self, rule: Rule) -> None:
        self.rules[rule] = None
        if rule.until != inf:
            self.timed[rule] = None
            return
        named = self.modify if rule.modify else self.read
        for subject in rule.subjects:
            if subject in named:
                self.again[subject, rule.modify] = self.again.get((subject, rule.modify), 0) + 1
            named.add(subject)

    def remove(self, rule: Rule) -> None:
        del self.rules[rule]
        if rule.until != inf:
            del self.timed[rule]
            return
        named = self.modify if rule.modify else self.read
        for subject in rule.subjects:
            if not (more := self.again.pop((subject, rule.modify), 0)):
                named.remove(subject)
            elif more > 1:
                self.again[subject, rule.modify] = more - 1

    def gives(self, subjects: frozenset[Subject], modify: bool, now: float) -> bool:
        if not subjects.isdisjoint(self.modify) or not (modify or subjects.isdisjoint(self.read)):
            return True
        return bool(self.timed) and self.ends(subjects, modify, now) > now

    def ends(self, subjects: frozenset[Subject], modify: bool, now: float) -> float:
        """When the last of what it gives expires."""
        if not subjects.isdisjoint(self.modify) or not (modify or subjects.isdisjoint(self.read)):
            return inf
        return max((rule.until for rule in self.passing(modify, now) if not subjects.isdisjoint(rule.subjects)), default=now)

    def passing(self, modify: bool, now: float) -> Iterator[Rule]:
        return (rule for rule in self.timed if rule.until > now and rule.modify >= modify)

    def named(self, modify: bool, now: float) -> set[Subject]:
        """To whom it gives what is asked for."""
        return {*self.modify, *(() if modify else self.read), *(subject for rule in self.passing(modify, now) for subject in rule.subjects)}

    def sufficient(self, modify: bool, now: float) -> Iterator[tuple[Subject, Rule]]:
        """The same, with the rules that say so."""
        return ((subject, rule) for rule in self.rules if rule.until > now and rule.modify >= modify for subject in rule.subjects)


@dataclass(slots=True, eq=False)
class Kind:
    """A type of resource. It stands in for a resource that nobody has registered, hence its parent, which is always None."""

    type: str
    # Of the registered ones.
    ids: Ordered
    nodes: "dict[str, Node]" = field(default_factory=dict)
    grants: Grants | None = None
    parent: None = None
    kind: "Kind" = field(init=False)

    def __post_init__(self) -> None:
        self.kind = self


@dataclass(slots=True, eq=False)
class Node:
    """A resource; or, not registered, the place of one that something else names."""

    kind: Kind
    id: str
    parent: "Node | None" = None
    grants: Grants | None = None
    children: "set[Node] | None" = None
    event: int = 0
    registered: bool = False


Holder = Node | Kind
