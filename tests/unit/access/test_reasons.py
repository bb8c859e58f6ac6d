"""The reason named really grants, and what is named as missing would grant, on random worlds."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from hypothesis import HealthCheck, event, given, settings

from services.authz.engine.explain import Missing, Reason, explain
from services.authz.engine.trial import Change
from tests.unit.access.naive import ADMINS, QUEUE_ADMINS, USERS, Resource, World
from tests.unit.access.worlds import ACCOUNTS, RESOURCES, History, histories, index_of, world_of

some = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOW = 10.0


@some
@given(histories)
def test_without_the_reason_the_answer_is_another_or_has_another_reason(history: History) -> None:
    index, world = index_of(history), world_of(history)
    for account, action, resource in questions():
        reason = explain(index, account, action, *resource, NOW).because
        assert (reason is not None) == world.allowed(account, action, resource, NOW)
        for change in withdrawn(world, account, reason) if reason else ():
            event(change.method)
            changed = [*history, change]
            after = explain(index_of(changed), account, action, *resource, NOW).because
            assert after != reason
            assert (after is not None) == world_of(changed).allowed(account, action, resource, NOW)


def withdrawn(world: World, account: str, reason: Reason) -> Iterator[Change]:
    """Each thing the reason rests on, taken away."""
    if reason.rule_id:
        yield Change("drop_rule", (reason.rule_id,))
    elif reason.built_in != QUEUE_ADMINS:
        yield Change("set_role", (account, "viewer" if reason.built_in == "admin" else "admin", 0))
    if reason.via and (reason.via[0], account, world.members[account][2]) in world.joined:
        yield Change("part", (reason.via[0], account))
    yield from (Change("unnest", edge) for edge in pairwise(reason.via))


@some
@given(histories)
def test_the_rule_named_says_so_of_whom_it_is_said_to(history: History) -> None:
    index, world = index_of(history), world_of(history)
    for account, action, resource in questions():
        reason = explain(index, account, action, *resource, NOW).because
        if reason is None or reason.rule_id is None:
            continue
        rule, tenure = world.rules[reason.rule_id], world.members[account][2]
        assert rule.permission in (action, "modify")
        assert rule.until is None or rule.until > NOW
        assert reason.via[-1] in rule.groups if reason.via else (account, tenure) in rule.users
        subject = reason.inherited_from or resource
        assert (rule.resource_type, rule.resource_id) == subject
        assert set(reason.events) == {rule.event, *joins(world, account, reason), *placements(world, resource, subject)}


def joins(world: World, account: str, reason: Reason) -> Iterator[int]:
    if reason.via:
        by = {USERS: ("admit", account), ADMINS: ("role", account)}
        yield world.events[by.get(reason.via[0], ("join", reason.via[0], account))]
    yield from (world.events["nest", *edge] for edge in pairwise(reason.via))


def placements(world: World, resource: Resource, subject: tuple[str, str | None]) -> Iterator[int]:
    for type, id in world.line(resource):
        if subject in ((type, id), (type, None)):
            return
        yield world.events["place", type, id]


@some
@given(histories)
def test_what_is_missing_allows_once_it_is_granted(history: History) -> None:
    index, world = index_of(history), world_of(history)
    for account, action, resource in questions():
        missing = explain(index, account, action, *resource, NOW).nearest
        assert (missing is None) == world.allowed(account, action, resource, NOW)
        if missing is not None:
            event(missing.wants)
            granted = [*history, granting(world, account, missing)]
            if missing.wants != "membership":
                assert index_of(granted).allowed(account, action, *resource, NOW)
                assert world_of(granted).allowed(account, action, resource, NOW)


def granting(world: World, account: str, missing: Missing) -> Change:
    _, _, tenure = world.members.get(account, ("", 0.0, 9))
    match missing.wants:
        case "membership":
            return Change("admit", (account, "admin", None, tenure + 1, 0))
        case "role":
            return Change("set_role", (account, missing.role, 0))
        case "queue_admins":
            return Change("join", (QUEUE_ADMINS, account, tenure, 0))
    rule = world.rules.get(missing.rule_id or "")
    rule = rule or replace(next(iter(world.rules.values())), resource_type=missing.subject[0], resource_id=missing.subject[1], until=None)
    if missing.rule_id is None:
        rule = replace(rule, permission=missing.permission)
    return Change("put_rule", (missing.rule_id or "new", replace(rule, users=(*rule.users, (account, tenure)))))


def questions() -> Iterator[tuple[str, str, Resource]]:
    return (
        (a, x, r) for a in ACCOUNTS for r in RESOURCES for x in (("read", "modify", "rename") if r[0] == "queue" else ("read", "modify"))
    )
