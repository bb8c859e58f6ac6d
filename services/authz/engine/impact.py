"""What a change would do, before it is made: who gains what and who loses what."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import NamedTuple

from services.authz.engine.index import RESERVED, Index, above
from services.authz.engine.parts import Grants, Group, Holder, Kind, Node
from services.authz.engine.trial import Change, trial


class Right(NamedTuple):
    """``id`` None: any object of the type, which is how the right of queue administrators reads."""

    account: str
    type: str
    id: str | None
    permission: str


@dataclass(slots=True)
class Side:
    rights: list[Right] = field(default_factory=list)
    total: int = 0


@dataclass(frozen=True, slots=True)
class Impact:
    """Complete in the totals; of the rights themselves only the first ``limit``."""

    gains: Side
    loses: Side


# Two resources with the same rules on their lines are open to the same people.
Line = tuple[Grants, ...]
# By account: whoever left and came back is another member, and yet the same to those who ask.
Who = tuple[frozenset[str], frozenset[str]]
NOBODY: Who = (frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Picture:
    """What matters of one moment: the line of each resource, who may read and who may modify what has it, who administrates queues."""

    # By name: what is deleted and registered again is the same to those who ask.
    lines: dict[tuple[str, str], Line]
    who: dict[Line, Who]
    queue_admins: frozenset[str]


def impact(index: Index, changes: Sequence[Change], now: float, limit: int = 100) -> Impact:
    """Registered resources and members only; the index is afterwards as it was."""
    touched = _touched(index, changes)
    with trial(index, changes):
        nodes = _beneath(touched | _touched(index, changes))
        after = _picture(index, nodes, now)
    return difference(_picture(index, nodes, now), after, limit)


def picture(index: Index, now: float) -> Picture:
    """Of everything that is registered: what two moments are compared by, once neither index may be there any more."""
    return _picture(index, {node for kind in index.kinds.values() for node in kind.nodes.values()}, now)


def _touched(index: Index, changes: Sequence[Change]) -> set[Holder]:
    """On what the changes may have an effect, as far as this state knows."""
    groups: set[Group] = set()
    holders: set[Holder] = set()
    for method, arguments in changes:
        if method in ("put_rule", "drop_rule"):
            holders.update(rule.holder for rule in [index.rules.get(arguments[0])] if rule)
        elif method in ("put_resource", "drop_resource"):
            holders.update(node for node in [index.kinds[arguments[0]].nodes.get(arguments[1])] if node)
        else:
            names = arguments[:2] if method in ("nest", "unnest") else arguments[:1]
            groups.update(group for name in names if (group := index.groups.get(name)))
    groups = groups.union(*(above(group) for group in groups))
    if groups:
        holders.update(rule.holder for rule in index.rules.values() if not groups.isdisjoint(rule.subjects))
    return holders


def _beneath(holders: Iterable[Holder]) -> set[Node]:
    found: set[Node] = set()
    todo = [node for holder in holders for node in (holder.nodes.values() if isinstance(holder, Kind) else (holder,))]
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            todo += node.children or ()
    return found


def _picture(index: Index, nodes: set[Node], now: float) -> Picture:
    known: dict[Holder, Line] = {}
    lines = {(node.kind.type, node.id): _line(node, known) for node in nodes if node.registered}
    who = {rules: _who(index, rules, now) for rules in set(lines.values())}
    return Picture(lines, who, frozenset(member.account for member in index.who("queue", "", "create", now)))


def _line(holder: Holder, known: dict[Holder, Line]) -> Line:
    """The rules on it, worked out once for all that lies in one project without rules of its own."""
    line = known.get(holder)
    if line is None:
        rest = _line(holder.parent, known) if holder.parent else ()
        own = [grants for grants in (holder.grants, holder.kind.grants) if grants and grants not in rest]
        line = known[holder] = (*own, *rest) if own else rest
    return line


def _who(index: Index, rules: Line, now: float) -> Who:
    read, modify = (frozenset(member.account for member in index.who_of(list(rules), more, now)) for more in (False, True))
    return read, modify


def difference(before: Picture, after: Picture, limit: int) -> Impact:
    same: dict[tuple[Line | None, Line | None], list[tuple[str, str]]] = defaultdict(list)
    for name in before.lines.keys() | after.lines.keys():
        same[before.lines.get(name), after.lines.get(name)].append(name)
    gains, loses = Side(), Side()
    for (was, will), names in same.items():
        old = NOBODY if was is None else before.who[was]
        new = NOBODY if will is None else after.who[will]
        for permission, had, has in zip(("read", "modify"), old, new, strict=True):
            _note(gains, has - had, names, permission, limit)
            _note(loses, had - has, names, permission, limit)
    _note_queues(gains, after.queue_admins - before.queue_admins, limit)
    _note_queues(loses, before.queue_admins - after.queue_admins, limit)
    return Impact(gains, loses)


def _note(side: Side, accounts: frozenset[str], names: list[tuple[str, str]], permission: str, limit: int) -> None:
    if not accounts:
        return
    side.total += len(accounts) * len(names)
    rights = (Right(account, *name, permission) for account, name in product(sorted(accounts), names))
    side.rights += islice(rights, limit - len(side.rights))


def _note_queues(side: Side, accounts: frozenset[str], limit: int) -> None:
    side.total += len(accounts) * len(RESERVED)
    rights = (Right(account, "queue", None, action) for account, action in product(sorted(accounts), sorted(RESERVED)))
    side.rights += islice(rights, limit - len(side.rights))
