"""The index against the meaning, on thousands of random worlds."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.authz.engine import state
from services.authz.engine.explain import explain
from services.authz.engine.index import Index, Page
from tests.unit.access.naive import World
from tests.unit.access.worlds import ACCOUNTS, ACTIONS, RESOURCES, TIMES, History, histories, index_of, loaded, replayed, world_of

some = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = settings(some, max_examples=1_000)
TYPES = ("project", "task", "model", "queue")
times = st.sampled_from(TIMES)


@many
@given(histories)
def test_every_check_of_every_world_is_as_its_meaning_says(history: History) -> None:
    assert_same(index_of(history), world_of(history))


@some
@given(histories, st.integers(0, 500))
def test_changes_that_come_again_change_nothing(history: History, first: int) -> None:
    twice = [change for change in history for _ in range(2)]
    assert_same(replayed(index_of(twice), history[first % len(history) :]), world_of(history))


@some
@given(histories)
def test_an_index_that_is_loaded_answers_as_one_that_has_lived_through_it(history: History) -> None:
    world, lived = world_of(history), index_of(history)
    fresh = loaded(world)
    for account, action, (type, id), now in questions():
        assert explain(fresh, account, action, type, id, now) == explain(lived, account, action, type, id, now)


@some
@given(histories)
def test_a_decision_holds_until_it_says(history: History) -> None:
    world, index = world_of(history), index_of(history)
    for account, action, (type, id), now in questions():
        decision = index.decide(account, action, type, id, now)
        assert decision.allowed == world.allowed(account, action, (type, id), now)
        turns = (time for time in TIMES if time > now and world.allowed(account, action, (type, id), time) != decision.allowed)
        assert decision.until == next(turns, None)


@some
@given(histories, times)
def test_the_accessible_are_those_that_are_allowed(history: History, now: float) -> None:
    world, index = world_of(history), index_of(history)
    for account in ACCOUNTS:
        for type in TYPES:
            expected = sorted(id for kind, id in world.parents if kind == type and world.allowed(account, "modify", (kind, id), now))
            pages = paged(lambda after: index.accessible(account, type, "modify", now, after, limit=2, longest=2))  # noqa: B023
            assert pages == expected


@some
@given(histories, times)
def test_those_who_can_are_those_who_are_allowed(history: History, now: float) -> None:
    world, index = world_of(history), index_of(history)
    for type, id in RESOURCES:
        for action in ("read", "create"):
            expected = [account for account in ACCOUNTS if world.allowed(account, action, (type, id), now)]
            assert paged(lambda after: index.who_can(type, id, action, now, after, limit=2)) == expected  # noqa: B023


def assert_same(index: Index, world: World) -> None:
    for account, action, (type, id), now in questions():
        assert index.allowed(account, action, type, id, now) == world.allowed(account, action, (type, id), now)


def questions() -> Iterator[tuple[Any, ...]]:
    return (
        (a, x, r, now) for a in ACCOUNTS for r in RESOURCES for x in (ACTIONS if r[0] == "queue" else ACTIONS[:2]) for now in TIMES[::2]
    )


def paged(page: Callable[[str | None], Page]) -> list[str]:
    found, after = [], None
    while True:
        one = page(after)
        found += one.ids
        if (after := one.after) is None:
            return found


@settings(some, max_examples=150)
@given(histories)
def test_groups_without_a_bit_of_their_own_mean_the_same(history: History) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "BITS", 1)
        assert_same(index_of(history), world_of(history))
