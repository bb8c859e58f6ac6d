"""Why: what made an answer so, or what is missing for another."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

from services.authz.engine.index import RESERVED, Index, line
from services.authz.engine.parts import Group, Holder, Member, Node, Rule, Subject


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule or something built in: a role, or ``queue_admins``.

    ``via``: the groups from the one the account is in to the one the rule names. ``inherited_from``: what the rule is on (an id of None:
    a whole type), if not the resource itself. ``events``: where in the log all this happened.
    """

    built_in: str | None = None
    rule_id: str | None = None
    via: tuple[str, ...] = ()
    inherited_from: tuple[str, str | None] | None = None
    events: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """The nearest thing to grant: ``membership``, the ``role``, a place in ``queue_admins``, or to be named by a ``rule``.

    That is ``rule_id``, or a new one if there is none to join, on ``subject``.
    """

    wants: str
    role: str | None = None
    rule_id: str | None = None
    subject: tuple[str, str | None] | None = None
    permission: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    because: Reason | None = None
    nearest: Missing | None = None


def explain(index: Index, account: str, action: str, type: str, id: str, now: float) -> Explanation:
    member = index.members.get(account)
    if member is None or member.until <= now:
        return Explanation(nearest=Missing("membership"))
    if type == "queue" and action in RESERVED:
        return _by_group(index, member)
    holder, modify = index.holder(type, id), action != "read"
    if member.role == "admin" or not index.rules_on(holder):
        return _by_role(member, modify)
    way = min(_ways(index, member, modify, holder, now), default=None, key=attrgetter("rank"))
    return Explanation(because=_reason(member, holder, way)) if way else Explanation(nearest=_nearest(index, holder, modify, now))


def _by_group(index: Index, member: Member) -> Explanation:
    path = _path(member, index.queue_admins)
    if path is None:
        return Explanation(nearest=Missing("queue_admins"))
    return Explanation(Reason("queue_admins", via=tuple(_ids(path)), events=_joins(member, path)))


def _by_role(member: Member, modify: bool) -> Explanation:
    if modify and member.role == "viewer":
        return Explanation(nearest=Missing("role", role="editor"))
    return Explanation(Reason(member.role, events=(member.event,)))


@dataclass(frozen=True, slots=True)
class _Way:
    """How a rule grants it: a rule on ``subject``, and the groups between the account and who is named."""

    distance: int
    subject: Holder
    rule: Rule
    path: list[Group]

    @property
    def rank(self) -> tuple[int, int, str, list[str]]:
        return self.distance, len(self.path), self.rule.id, _ids(self.path)


def _ways(index: Index, member: Member, modify: bool, start: Holder, now: float) -> Iterator[_Way]:
    subjects = index.known(member).subjects
    for distance, (subject, grants) in enumerate(line(start)):
        for named, rule in grants.sufficient(modify, now):
            if named in subjects and (path := _path(member, named)) is not None:
                yield _Way(distance, subject, rule, path)


def _reason(member: Member, start: Holder, way: _Way) -> Reason:
    events = (way.rule.event, *_joins(member, way.path), *_placements(start, way.subject))
    inherited_from = None if way.subject is start and isinstance(start, Node) else _name(way.subject)
    return Reason(rule_id=way.rule.id, via=tuple(_ids(way.path)), inherited_from=inherited_from, events=events)


def _nearest(index: Index, start: Holder, modify: bool, now: float) -> Missing:
    subject, grants = next(line(start))
    rule_id = min((rule.id for named, rule in grants.sufficient(modify, now) if index.is_there(named)), default=None)
    return Missing("rule", rule_id=rule_id, subject=_name(subject), permission="modify" if modify else "read")


def _path(member: Member, subject: Subject) -> list[Group] | None:
    """The shortest; of several, the one whose ids come first."""
    if subject is member:
        return []
    ways = [[group] for group in sorted(member.groups, key=_id) if not group.gone]
    seen = {way[-1] for way in ways}
    for way in ways:
        if way[-1] is subject:
            return way
        further = [group for group in sorted(way[-1].parents, key=_id) if group not in seen and not group.gone]
        seen.update(further)
        ways += [[*way, group] for group in further]
    return None


def _id(group: Group) -> str:
    return group.id


def _ids(path: list[Group]) -> list[str]:
    return [group.id for group in path]


def _joins(member: Member, path: list[Group]) -> tuple[int, ...]:
    if not path:
        return ()
    return member.groups[path[0]], *(inner.parents[outer] for inner, outer in pairwise(path))


def _placements(start: Holder, subject: Holder) -> Iterator[int]:
    node: Holder | None = start
    while isinstance(node, Node) and node is not subject and node.kind is not subject:
        yield node.event
        node = node.parent


def _name(holder: Holder) -> tuple[str, str | None]:
    return holder.kind.type, holder.id if isinstance(holder, Node) else None
