"""What a dry run says is what the change then does: the difference of everything that everybody may do."""

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from services.authz.engine.impact import Impact, Side, impact
from services.authz.engine.index import Index
from services.authz.engine.state import RuleFacts
from services.authz.engine.trial import Change
from tests.unit.access.naive import World
from tests.unit.access.worlds import ACCOUNTS, Dice, History, Narrator, histories, index_of, replayed, world_of

some = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOW = 10.0
Matrix = set[tuple[str, str, str | None, str]]


@some
@given(histories, st.binary(min_size=2, max_size=40))
def test_an_impact_is_the_difference_of_the_whole_matrix(history: History, more: bytes) -> None:
    index = index_of(history)
    changes = Narrator(Dice(more), history).tell_access()
    for change in changes:
        event(change.method)
    before, after = matrix(world_of(history)), matrix(world_of([*history, *changes]))
    assert sides(impact(index, changes, NOW, limit=10_000)) == (after - before, before - after)


@some
@given(histories, st.binary(min_size=2, max_size=40), st.binary(max_size=100))
def test_a_dry_run_leaves_everything_as_it_was(history: History, more: bytes, later: bytes) -> None:
    """Also for all that happens to it later."""
    index, world = index_of(history), world_of(history)
    impact(index, Narrator(Dice(more), history).tell_access(), NOW)
    assert matrix_of(index, world) == matrix(world)
    rest = Narrator(Dice(later), history).tell()
    index, world = replayed(index, rest), world_of([*history, *rest])
    assert matrix_of(index, world) == matrix(world)


@some
@given(histories, st.binary(min_size=2, max_size=40))
def test_a_bounded_impact_counts_what_it_does_not_list(history: History, more: bytes) -> None:
    index = index_of(history)
    changes = Narrator(Dice(more), history).tell_access()
    whole, some = impact(index, changes, NOW, limit=10_000), impact(index, changes, NOW, limit=3)
    for all_of_it, part in ((whole.gains, some.gains), (whole.loses, some.loses)):
        assert part.total == all_of_it.total == len(all_of_it.rights)
        assert len(part.rights) == min(3, part.total)
        assert set(part.rights) <= set(all_of_it.rights)


def sides(found: Impact) -> tuple[Matrix, Matrix]:
    return _set(found.gains), _set(found.loses)


def _set(side: Side) -> Matrix:
    rights = {tuple(right) for right in side.rights}
    assert len(rights) == len(side.rights) == side.total
    return rights


def matrix(world: World) -> Matrix:
    return {
        *((a, *r, p) for a in ACCOUNTS for r in world.parents for p in ("read", "modify") if world.allowed(a, p, r, NOW)),
        *((a, "queue", None, p) for a in ACCOUNTS for p in ("create", "delete", "rename") if world.allowed(a, p, ("queue", ""), NOW)),
    }


def matrix_of(index: Index, world: World) -> Matrix:
    return {
        *((a, *r, p) for a in ACCOUNTS for r in world.parents for p in ("read", "modify") if index.allowed(a, p, *r, NOW)),
        *((a, "queue", None, p) for a in ACCOUNTS for p in ("create", "delete", "rename") if index.allowed(a, p, "queue", "", NOW)),
    }


def test_a_dry_run_of_the_last_rule_on_something_unregistered_leaves_it_closed() -> None:
    index = Index("users", "admins", "queue admins")
    index.admit("eve", "editor", None, 1)
    index.put_rule("r", RuleFacts("task", "t", "read"))
    impact(index, [Change("drop_rule", ("r",))], NOW)
    assert not index.allowed("eve", "read", "task", "t", NOW)
    index.drop_rule("r")
    assert index.allowed("eve", "read", "task", "t", NOW)


def test_what_is_deleted_and_registered_again_in_one_go_neither_gains_nor_loses() -> None:
    index = Index("users", "admins", "queue admins")
    index.admit("eve", "editor", None, 1)
    index.put_resource("task", "t")
    found = impact(index, [Change("drop_resource", ("task", "t")), Change("put_resource", ("task", "t", None, 0))], NOW)
    assert (found.gains.total, found.loses.total) == (0, 0)
