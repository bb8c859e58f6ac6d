"""What may become of the tree of resources, change by change."""

import pytest

from services.authz.domain.registration import Known, Registration, Resource
from services.chassis.errors import Conflict, LimitExceeded, NotFound, PermissionDenied, Unprocessable

#  top > middle > bottom, each with one task; another project, a model and a queue of their own
TREE = {
    ("project", "top"): Resource("Top", None),
    ("project", "middle"): Resource("Middle", "top"),
    ("project", "bottom"): Resource("Bottom", "middle"),
    ("project", "side"): Resource("Side", None),
    ("task", "t1"): Resource("T1", "top"),
    ("task", "t2"): Resource("T2", "middle"),
    ("task", "t3"): Resource("T3", "bottom"),
    ("model", "alone"): Resource("Alone", None),
    ("queue", "fast"): Resource("Fast", None),
}
CHILDREN = {"top": 2, "middle": 2, "bottom": 1}
HEIGHTS = {"top": 2, "middle": 1, "bottom": 0}


def registration(may=lambda action, line: True, deepest=4, no_room=None):
    return Registration(Known(resources=TREE, children=CHILDREN, heights=HEIGHTS), may, deepest, no_room)


def refused(kind, act, code):
    with pytest.raises(kind) as refusal:
        act()
    assert refusal.value.code == code


def test_what_is_new_moved_or_renamed_is_a_change_and_what_is_so_already_is_none():
    at = registration()

    assert at.put(("task", "new"), "New", "top") == "created"
    assert at.put(("task", "t1"), "T1", "middle") == "moved"
    assert at.put(("task", "t2"), "Two", "middle") == "renamed"
    assert at.put(("task", "t3"), "T3", "bottom") == "unchanged"
    assert at.delete(("model", "alone")) == "deleted"
    assert at.delete(("model", "gone")) == "unchanged"

    assert at.settle() == {}
    assert at.changes == [
        {"op": "created", "type": "task", "id": "new", "name": "New", "parent": "top"},
        {"op": "moved", "type": "task", "id": "t1", "name": "T1", "parent": "middle"},
        {"op": "renamed", "type": "task", "id": "t2", "name": "Two", "parent": "middle"},
        {"op": "deleted", "type": "model", "id": "alone"},
    ]


@pytest.mark.feature("B-08")
def test_without_room_nothing_is_created_and_everything_that_is_there_goes_on():
    at = registration(no_room=LimitExceeded("storage_limit_reached", "change the plan", {"limit": 5}))

    refused(LimitExceeded, lambda: at.put(("task", "new"), "New", "top"), "storage_limit_reached")
    assert at.put(("task", "t1"), "T1", "middle") == "moved"
    assert at.put(("task", "t2"), "Two", "middle") == "renamed"
    assert at.delete(("model", "alone")) == "deleted"
    assert [change["op"] for change in at.changes] == ["moved", "renamed", "deleted"]


def test_who_may_not_create_is_told_that_and_nothing_of_the_plan():
    at = registration(may=lambda action, line: False, no_room=LimitExceeded("storage_limit_reached"))

    refused(PermissionDenied, lambda: at.put(("task", "new"), "New", "top"), "access_denied")


def test_a_parent_exists_or_was_made_before():
    at = registration()
    refused(NotFound, lambda: at.put(("task", "a"), "A", "nowhere"), "parent_not_found")
    at.put(("project", "fresh"), "Fresh", None)

    assert at.put(("task", "b"), "B", "fresh") == "created"


@pytest.mark.parametrize("under", ["top", "middle", "bottom"])
def test_nothing_moves_under_itself_or_under_its_own_child(under):
    at = registration(deepest=9)
    refused(Conflict, lambda: at.put(("project", "top"), "Top", under), "resource_cycle")

    assert at.changes == []


def test_a_circle_in_two_steps_of_one_call_is_found_too():
    at = registration(deepest=9)
    at.put(("project", "side"), "Side", "bottom")

    refused(Conflict, lambda: at.put(("project", "top"), "Top", "side"), "resource_cycle")


def test_one_call_names_a_thing_once():
    at = registration()
    at.put(("task", "t1"), "One", "top")

    refused(Conflict, lambda: at.put(("task", "t1"), "T1", "top"), "resource_repeated")
    refused(Conflict, lambda: at.delete(("task", "t1")), "resource_repeated")


def test_projects_lie_in_one_another_so_deep_and_no_deeper():
    at = registration(deepest=4)
    assert at.put(("project", "fourth"), "Fourth", "bottom") == "created"
    refused(Conflict, lambda: at.put(("project", "fifth"), "Fifth", "fourth"), "resource_too_deep")
    assert at.put(("task", "leaf"), "Leaf", "fourth") == "created"


def test_what_moves_takes_along_what_it_holds():
    at = registration(deepest=4)
    at.put(("project", "other"), "Other", None)
    at.put(("project", "deeper"), "Deeper", "other")

    refused(Conflict, lambda: at.put(("project", "top"), "Top", "deeper"), "resource_too_deep")
    assert at.put(("project", "middle"), "Middle", "deeper") == "moved"


def test_queues_stand_alone():
    refused(Unprocessable, lambda: registration().put(("queue", "slow"), "Slow", "top"), "queue_stands_alone")


def test_what_holds_something_stays():
    at = registration()
    at.delete(("project", "bottom"))

    (error,) = at.settle().values()

    assert (error.code, at.changes) == ("resource_not_empty", [])


def test_it_goes_with_all_it_holds_whatever_comes_first_in_the_call():
    at = registration()
    for key in [("project", "top"), ("task", "t3"), ("project", "middle"), ("task", "t1"), ("project", "bottom"), ("task", "t2")]:
        at.delete(key)

    assert at.settle() == {}
    assert [change["id"] for change in at.changes][:1] == ["t3"]
    assert [change["id"] for change in at.changes][-1] == "top"


def test_one_thing_that_stays_keeps_everything_above_it():
    at = registration()
    for key in [("project", "top"), ("task", "t1"), ("project", "middle"), ("task", "t2"), ("project", "bottom")]:
        at.delete(key)

    assert {key: error.code for key, error in at.settle().items()} == {
        ("project", id): "resource_not_empty" for id in ("bottom", "middle", "top")
    }
    assert [change["id"] for change in at.changes] == ["t2", "t1"]


def test_what_moves_away_does_not_keep_it_and_what_moves_in_does():
    at = registration()
    at.put(("task", "t3"), "T3", "top")
    at.delete(("project", "bottom"))
    assert at.settle() == {}

    at = registration()
    at.put(("task", "t1"), "T1", "bottom")
    at.delete(("task", "t3"))
    at.delete(("project", "bottom"))
    assert [error.code for error in at.settle().values()] == ["resource_not_empty"]


def test_nothing_is_put_into_what_was_deleted_before_it():
    at = registration()
    at.delete(("task", "t3"))
    at.delete(("project", "bottom"))

    refused(NotFound, lambda: at.put(("task", "a"), "A", "bottom"), "parent_not_found")


class Asked:
    def __init__(self, *refused):
        self.questions, self._refused = [], refused

    def __call__(self, action, line):
        self.questions.append((action, [id for _, id in line]))
        return (action, line[0][1]) not in self._refused


@pytest.mark.parametrize(
    ("act", "questions"),
    [
        (lambda at: at.put(("task", "new"), "New", "bottom"), [("create", ["new", "bottom", "middle", "top"])]),
        (lambda at: at.put(("task", "new"), "New", None), [("create", ["new"])]),
        (lambda at: at.put(("task", "t2"), "Two", "middle"), [("rename", ["t2", "middle", "top"])]),
        (lambda at: at.delete(("queue", "fast")), [("delete", ["fast"])]),
        (
            lambda at: at.put(("task", "t2"), "T2", "bottom"),
            [("modify", ["t2", "middle", "top"]), ("modify", ["middle", "top"]), ("create", ["bottom", "middle", "top"])],
        ),
        (lambda at: at.put(("task", "t1"), "T1", None), [("modify", ["t1", "top"]), ("modify", ["top"]), ("create", [""])]),
    ],
    ids=["create", "create on top", "rename", "delete", "move", "move to the top"],
)
def test_the_caller_is_asked_for_the_right_to_each_change(act, questions):
    asked = Asked()
    act(registration(asked))
    assert asked.questions == questions

    for action, line in questions:
        at = registration(Asked((action, line[0])))
        refused(PermissionDenied, lambda at=at: act(at), "access_denied")
        assert at.changes == []
