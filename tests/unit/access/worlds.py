"""Random worlds, as random histories of what the log of a workspace can hold."""

from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from services.authz.engine.index import Index
from services.authz.engine.state import RuleFacts
from services.authz.engine.trial import Change
from tests.unit.access.naive import ADMINS, BUILT_IN, QUEUE_ADMINS, USERS, Resource, World

ACCOUNTS = ("ann", "bob", "cyd", "dan")
ROLES = ("admin", "editor", "viewer", "viewer")
RESOURCES: tuple[Resource, ...] = (
    *(("project", f"p{n}") for n in range(4)),
    *((type, f"{type}{n}") for type in ("task", "model") for n in range(3)),
    *(("queue", f"q{n}") for n in range(2)),
)
TERMS = (None, None, 10.0, 20.0)
# Before, at and after each term.
TIMES = (5.0, 10.0, 15.0, 20.0, 25.0)
ACTIONS = ("read", "modify", "create", "delete", "rename")
BEGINNING = (
    *(("admit", account, role, None, 1) for account, role in zip(ACCOUNTS, ROLES, strict=True)),
    *(("put_group", f"g{n}") for n in range(3)),
    ("put_resource", "project", "p0", None),
    ("put_resource", "project", "p1", ("project", "p0")),
    ("put_resource", "task", "task0", ("project", "p1")),
)

History = Sequence[Change]


class Dice:
    """Choices out of bytes: hypothesis draws a whole history at once, and shrinks it well."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def __bool__(self) -> bool:
        return self._place < len(self._data)

    def pick(self, choices: Sequence[Any]) -> Any:
        self._place += 1
        return choices[self._data[self._place - 1] % len(choices)] if self._place <= len(self._data) else choices[0]

    def some(self, choices: Sequence[Any], most: int) -> tuple[Any, ...]:
        return tuple(self.pick(choices) for _ in range(self.pick(range(most + 1)))) if choices else ()


class Narrator:
    """Tells a history in which each change is one that the service would accept in the world so far."""

    def __init__(self, dice: Dice, so_far: History = ()) -> None:
        self.dice, self.world, self.history = dice, world_of(so_far), []
        self.tenures = {change.arguments[0]: change.arguments[3] for change in so_far if change.method == "admit"}
        # The id of a group that was deleted is never given again.
        self.made = sum(change.method == "put_group" for change in so_far)

    def tell(self) -> History:
        plots = (self.member, self.group, self.membership, self.membership, self.nesting, self.rule, self.rule, self.place, self.place)
        for change in () if self.tenures else BEGINNING:
            self.note(*change)
        while self.dice:
            for change in self.dice.pick(plots)():
                self.note(*change)
        return self.history

    def tell_access(self) -> History:
        """Only what a dry run can be asked about."""
        while self.dice:
            for change in self.dice.pick((self.group, self.membership, self.nesting, self.rule, self.place))():
                self.note(*change)
        return self.history

    def note(self, method: str, *arguments: Any) -> None:
        if method in ("admit", "set_role", "join", "nest", "put_resource"):
            arguments = (*arguments, len(self.history) + 1)
        if method == "admit":
            self.tenures[arguments[0]] = arguments[3]
        if method == "put_group":
            self.made += 1
        self.history.append(Change(method, arguments))
        getattr(self.world, method)(*arguments)

    def member(self) -> Iterator[tuple[Any, ...]]:
        account, role, term, what = (self.dice.pick(c) for c in (ACCOUNTS, ROLES, TERMS, range(4)))
        if account not in self.world.members:
            yield "admit", account, role, term, self.tenures.get(account, 0) + 1
        elif what == 0:
            yield "depart", account
        elif what == 1:
            yield "set_term", account, term
        else:
            yield "set_role", account, role

    def group(self) -> Iterator[tuple[Any, ...]]:
        own = self.own_groups()
        if len(own) < 2 or (len(own) < 5 and self.dice.pick((True, False))):
            yield "put_group", f"g{self.made}"
        else:
            yield "drop_group", self.dice.pick(own)

    def membership(self) -> Iterator[tuple[Any, ...]]:
        group, account = self.dice.pick((QUEUE_ADMINS, *self.own_groups())), self.dice.pick(ACCOUNTS)
        if (group, account) in {join[:2] for join in self.world.joined} and self.dice.pick((True, False)):
            yield "part", group, account
        else:
            yield "join", group, account, self.tenure(account)

    def nesting(self) -> Iterator[tuple[Any, ...]]:
        if not (own := self.own_groups()):
            return
        child, parent = self.dice.pick(own), self.dice.pick((QUEUE_ADMINS, *own))
        if (child, parent) in self.world.nested:
            yield "unnest", child, parent
        elif child not in self.inside_out(parent):
            yield "nest", child, parent

    def rule(self) -> Iterator[tuple[Any, ...]]:
        id = f"r{self.dice.pick(range(6))}"
        if id in self.world.rules and self.dice.pick((True, False)):
            yield "drop_rule", id
            return
        type, name = self.dice.pick((*self.world.parents, ("task", None), ("project", None), ("queue", None)))
        users = tuple((account, self.tenure(account)) for account in self.dice.some(sorted(self.tenures), 2))
        groups = self.dice.some((*self.own_groups(), USERS, ADMINS, QUEUE_ADMINS), 2)
        permission, until = self.dice.pick(("read", "modify")), self.dice.pick(TERMS)
        yield "put_rule", id, RuleFacts(type, name, permission, users, groups, until, len(self.history) + 1)

    def place(self) -> Iterator[tuple[Any, ...]]:
        resource = self.dice.pick(RESOURCES)
        projects = [other for other in self.world.parents if other[0] == "project" and resource not in self.world.line(other)]
        holds = resource in self.world.parents.values()
        if resource in self.world.parents and not holds and not self.dice.pick(range(3)):
            yield "drop_resource", *resource
            yield from (
                ("drop_rule", id) for id, rule in list(self.world.rules.items()) if (rule.resource_type, rule.resource_id) == resource
            )
        else:
            yield "put_resource", *resource, None if resource[0] == "queue" else self.dice.pick((None, *projects))

    def own_groups(self) -> list[str]:
        return sorted(self.world.groups.difference(BUILT_IN))

    def tenure(self, account: str) -> int:
        """Now and then a stale one: a change that was decided on before somebody left."""
        return self.dice.pick((self.tenures[account],) * 3 + tuple(range(1, self.tenures[account] + 1)))

    def inside_out(self, group: str) -> set[str]:
        """The group and every group it is in."""
        found = {group}
        while more := {parent for child, parent in self.world.nested if child in found} - found:
            found |= more
        return found


# The length is drawn by itself: left to bytes, most would be a handful.
histories = st.integers(0, 300).flatmap(lambda size: st.binary(min_size=size, max_size=size)).map(lambda data: Narrator(Dice(data)).tell())


def world_of(history: History) -> World:
    return replayed(World(), history)


def index_of(history: History) -> Index:
    """Asked after every change, so that whatever it remembers has to be forgotten in time."""
    index = Index(USERS, ADMINS, QUEUE_ADMINS)
    for change in history:
        replayed(index, [change])
        for account in ACCOUNTS:
            index.allowed(account, "create", "queue", "q0", 0.0)
    return index


def loaded(world: World) -> Index:
    """What is so, without how it came about."""
    event, index = world.events, Index(USERS, ADMINS, QUEUE_ADMINS)
    for account, (role, until, tenure) in world.members.items():
        index.admit(account, role, until, tenure, event["admit", account])
        index.set_role(account, role, event["role", account])
    for group in world.groups:
        index.put_group(group)
    for group, account, tenure in world.joined:
        index.join(group, account, tenure, event.get(("join", group, account), 0))
    for edge in world.nested:
        index.nest(*edge, event["nest", *edge])
    for resource, parent in world.parents.items():
        index.put_resource(*resource, parent, event["place", *resource])
    for id, rule in world.rules.items():
        index.put_rule(id, rule)
    return index


def replayed(thing: Any, history: History) -> Any:
    for method, arguments in history:
        getattr(thing, method)(*arguments)
    return thing
