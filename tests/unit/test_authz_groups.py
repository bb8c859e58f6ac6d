"""What may become of groups, and of groups within groups."""

from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from services.authz.domain import DEEPEST, Group, Nesting
from services.chassis.errors import Conflict, PreconditionFailed, Unprocessable
from tests.builders.authz import VISION

ADA, BOB = "ada", "bob"


def team() -> Group:
    return Group(workspace_id=VISION, name="Team", description="", built_in=False)


def said(aggregate):
    return [(event.TOPIC.rpartition(".")[2], event) for event in aggregate.collect_events()][1:]


def test_members_come_and_go_in_one_event():
    group = team()
    group.set_members({ADA: 1, BOB: 1}, limit=10)
    group.set_members({BOB: 1}, limit=10)

    assert group.members == {BOB: 1}
    assert [(name, event.added, event.removed) for name, event in said(group)] == [
        ("members_changed", {ADA: 1, BOB: 1}, []),
        ("members_changed", {}, [ADA]),
    ]


def test_a_full_group_welcomes_nobody():
    group = team()
    for account_id in (ADA, BOB):
        group.welcome(account_id, tenure=1, limit=1)

    assert group.members == {ADA: 1}


def test_whoever_came_back_to_the_workspace_is_another_member():
    group = team()
    group.set_members({ADA: 1}, limit=10)
    group.set_members({ADA: 2}, limit=10)

    assert group.members == {ADA: 2}


def test_the_same_members_and_the_same_words_are_no_change():
    group = team()
    group.set_members({ADA: 1}, limit=10)
    version = group.version
    group.set_members({ADA: 1}, limit=10)
    group.describe("Team", None)
    group.describe(None, "")

    assert group.version == version


def test_a_group_has_room_for_so_many():
    group = team()
    with pytest.raises(Unprocessable) as refusal:
        group.set_members({str(number): 1 for number in range(100_000)}, limit=10_000)

    assert (refusal.value.code, group.members) == ("group_too_large", {})


def test_a_built_in_group_keeps_its_name_and_stays_but_takes_members():
    group = Group.of_queue_admins(VISION)
    for change in (group.delete, lambda: group.describe("Mine", None), lambda: group.describe(None, "ours")):
        with pytest.raises(Conflict) as refusal:
            change()
        assert refusal.value.code == "group_built_in"
    group.set_members({ADA: 1}, limit=10)

    assert group.members == {ADA: 1}


def test_an_edit_decided_on_an_older_version_is_refused_with_todays():
    group = team()
    group.expect(1)
    group.describe("Crew", None)
    with pytest.raises(PreconditionFailed) as refusal:
        group.expect(1)
    group.expect(None)

    assert refusal.value.fields == {"etag": 2}


def chain(nesting: Nesting, length: int) -> list[UUID]:
    """Each lies in the one before it."""
    ids = [uuid4() for _ in range(length)]
    for outer, inner in pairwise(ids):
        nesting.set_children(outer, [inner])
    return ids


def refused(nesting: Nesting, parent: UUID, *children: UUID) -> str:
    version = nesting.version
    with pytest.raises(Conflict) as refusal:
        nesting.set_children(parent, children)
    assert nesting.version == version
    return refusal.value.code


def test_a_group_cannot_lie_in_itself():
    nesting = Nesting(workspace_id=VISION)
    group = uuid4()

    assert refused(nesting, group, group) == "group_cycle"


@pytest.mark.parametrize("length", [2, 3, DEEPEST])
def test_groups_make_no_circle(length):
    nesting = Nesting(workspace_id=VISION)
    ids = chain(nesting, length)

    assert refused(nesting, ids[-1], ids[0]) == "group_cycle"


def test_groups_lie_in_one_another_sixteen_deep_and_no_deeper():
    nesting = Nesting(workspace_id=VISION)
    ids = chain(nesting, DEEPEST)
    seventeenth = uuid4()

    assert refused(nesting, ids[-1], seventeenth) == "group_too_deep"
    assert refused(nesting, seventeenth, ids[0]) == "group_too_deep"
    nesting.set_children(ids[-2], [ids[-1], seventeenth])


def test_two_chains_may_not_be_joined_to_one_that_is_too_deep():
    nesting = Nesting(workspace_id=VISION)
    upper, lower = chain(nesting, 9), chain(nesting, 8)

    assert refused(nesting, upper[-1], lower[0]) == "group_too_deep"
    nesting.set_children(upper[-2], [upper[-1], lower[0]])


def test_a_group_may_lie_in_several():
    nesting = Nesting(workspace_id=VISION)
    top, left, right, bottom = (uuid4() for _ in range(4))
    nesting.set_children(top, [left, right])
    nesting.set_children(left, [bottom])
    nesting.set_children(right, [bottom])

    assert sorted(nesting.parents[str(bottom)]) == sorted([str(left), str(right)])
    assert refused(nesting, bottom, top) == "group_cycle"


def test_setting_the_same_groups_is_no_change_and_others_replace_them():
    nesting = Nesting(workspace_id=VISION)
    top, left, right = (uuid4() for _ in range(3))
    nesting.set_children(top, [left])
    version = nesting.version
    nesting.set_children(top, [left])
    assert nesting.version == version

    nesting.set_children(top, [right])

    assert (nesting.version, nesting.children_of(top)) == (version + 1, {str(right)})


def test_a_deleted_group_lies_nowhere_and_nothing_in_it():
    nesting = Nesting(workspace_id=VISION)
    top, middle, bottom = chain(nesting, 3)
    nesting.forget(middle)
    assert nesting.parents == {}

    version = nesting.version
    nesting.forget(middle)
    nesting.set_children(bottom, [top])

    assert nesting.version == version + 1
