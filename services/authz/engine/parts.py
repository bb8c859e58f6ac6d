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
    # Itself and every group it is in, however deep; None: to be worked out again.
    subjects: "frozenset[Subject] | None" = None
    generation: int = 0


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
    """The rules on one subject. A rule whose assignees are all gone is counted only: it grants nothing and still closes."""

    rules: int = 0
    # Rules that never expire, by whom they name: a rule, or a tuple of those that say the same.
    modify: dict[Subject, Rule | tuple[Rule, ...]] = field(default_factory=dict)
    read: dict[Subject, Rule | tuple[Rule, ...]] = field(default_factory=dict)
    timed: dict[Rule, None] = field(default_factory=dict)

    def add(self, rule: Rule) -> None:
        self.rules += 1
        if rule.until != inf:
            self.timed[rule] = None
            return
        table = self.modify if rule.modify else self.read
        for subject in rule.subjects:
            known = table.get(subject)
            table[subject] = rule if known is None else (*_tuple(known), rule)

    def remove(self, rule: Rule) -> None:
        self.rules -= 1
        if rule.until != inf:
            del self.timed[rule]
            return
        table = self.modify if rule.modify else self.read
        for subject in rule.subjects:
            rest = tuple(known for known in _tuple(table[subject]) if known is not rule)
            if rest:
                table[subject] = rest[0] if len(rest) == 1 else rest
            else:
                del table[subject]

    def sufficient(self, modify: bool, now: float) -> Iterator[tuple[Subject, Rule]]:
        """Who is named, by which rule that gives what is asked for."""
        for table in (self.modify,) if modify else (self.modify, self.read):
            for subject, rules in table.items():
                for rule in _tuple(rules):
                    yield subject, rule
        for rule in self.timed:
            if rule.until > now and rule.modify >= modify:
                for subject in rule.subjects:
                    yield subject, rule


def _tuple(rules: Rule | tuple[Rule, ...]) -> tuple[Rule, ...]:
    return rules if isinstance(rules, tuple) else (rules,)


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
