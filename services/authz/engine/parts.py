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
    # Of itself and every group it is in, however deep, those that a rule names, and the bits of those: as of this generation of groups.
    subjects: "frozenset[Subject]" = frozenset()
    bits: int = 0
    generation: int = -1
    named: bool = False
    # Groups only have one.
    bit = 0


@dataclass(slots=True, eq=False)
class Group:
    id: str
    members: set[Member] = field(default_factory=set)
    # Group -> the event that nested the one in the other.
    parents: "dict[Group, int]" = field(default_factory=dict)
    children: "set[Group]" = field(default_factory=set)
    gone: bool = False
    # Whether a rule names it, or did: what none has named decides nothing. Then it has a bit of its own, unless there are very many.
    named: bool = False
    bit: int = 0


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
    """The rules on one thing, and whom those that never expire name: groups by their bits, all others in sets.

    Of bits, one look tells whether somebody is among them; a set of a hundred groups lies scattered over a memory that is slow to reach.
    """

    rules: dict[Rule, None] = field(default_factory=dict)
    modify: int = 0
    read: int = 0
    # Whether those bits are not all there is to it.
    more: bool = False
    modify_others: set[Subject] = field(default_factory=set)
    read_others: set[Subject] = field(default_factory=set)
    timed: dict[Rule, None] = field(default_factory=dict)
    # How many more rules say the same of the same.
    again: dict[tuple[Subject, bool], int] = field(default_factory=dict)

    def add(self, rule: Rule) -> None:
        self.rules[rule] = None
        if rule.until != inf:
            self.timed[rule] = None
        else:
            for subject in rule.subjects:
                if self._names(subject, rule.modify):
                    self.again[subject, rule.modify] = self.again.get((subject, rule.modify), 0) + 1
                else:
                    self._flip(subject, rule.modify)
        self._look()

    def remove(self, rule: Rule) -> None:
        del self.rules[rule]
        if rule.until != inf:
            del self.timed[rule]
        else:
            for subject in rule.subjects:
                if not (more := self.again.pop((subject, rule.modify), 0)):
                    self._flip(subject, rule.modify)
                elif more > 1:
                    self.again[subject, rule.modify] = more - 1
        self._look()

    def _names(self, subject: Subject, modify: bool) -> bool:
        if subject.bit:
            return bool(subject.bit & (self.modify if modify else self.read))
        return subject in (self.modify_others if modify else self.read_others)

    def _flip(self, subject: Subject, modify: bool) -> None:
        """Names it, or no longer does."""
        if not subject.bit:
            (self.modify_others if modify else self.read_others).symmetric_difference_update((subject,))
        elif modify:
            self.modify ^= subject.bit
        else:
            self.read ^= subject.bit

    def _look(self) -> None:
        self.more = bool(self.timed or self.modify_others or self.read_others)

    def gives(self, who: Member, modify: bool, now: float) -> bool:
        return self._lasts(who, modify) or (bool(self.timed) and self.ends(who, modify, now) > now)

    def ends(self, who: Member, modify: bool, now: float) -> float:
        """When the last of what it gives expires."""
        if self._lasts(who, modify):
            return inf
        return max((rule.until for rule in self.passing(modify, now) if not who.subjects.isdisjoint(rule.subjects)), default=now)

    def _lasts(self, who: Member, modify: bool) -> bool:
        if who.bits & (self.modify if modify else self.modify | self.read):
            return True
        return not who.subjects.isdisjoint(self.modify_others) or not (modify or who.subjects.isdisjoint(self.read_others))

    def passing(self, modify: bool, now: float) -> Iterator[Rule]:
        return (rule for rule in self.timed if rule.until > now and rule.modify >= modify)

    def named(self, modify: bool, now: float) -> set[Subject]:
        """To whom it gives what is asked for."""
        return {subject for subject, _ in self.sufficient(modify, now)}

    def sufficient(self, modify: bool, now: float) -> Iterator[tuple[Subject, Rule]]:
        """With the rules that say so."""
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
