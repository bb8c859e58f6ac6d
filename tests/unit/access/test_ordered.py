"""Ids in order, however they come and go."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.authz.engine.index import Index
from services.authz.engine.ordered import LONGEST, Ordered

ids = st.text("abc", max_size=4)


@settings(max_examples=1_000)
@given(st.lists(st.tuples(st.booleans(), ids), max_size=60), st.none() | ids)
def test_what_comes_after_an_id_is_what_sorting_would_say(steps: list[tuple[bool, str]], after: str | None) -> None:
    plain, ordered = set(), Ordered(longest=3)
    for adds, id in steps:
        if adds and id not in plain:
            plain.add(id)
            ordered.add(id)
        elif not adds and id in plain:
            plain.remove(id)
            ordered.remove(id)
    assert list(ordered.after(after)) == sorted(id for id in plain if after is None or id > after)


def test_pages_of_what_is_accessible_meet_without_gap_or_repeat() -> None:
    index = Index("users", "admins", "queue admins")
    index.admit("vic", "viewer", None, 1)
    expected = [f"{number:05}" for number in range(3 * LONGEST)]
    for id in reversed(expected):
        index.put_resource("task", id)
    found, after = [], None
    while (page := index.accessible("vic", "task", "read", 0.0, after, limit=700)).after:
        found, after = [*found, *page.ids], page.after
    assert [*found, *page.ids] == expected


def test_a_page_is_short_rather_than_slow() -> None:
    index = Index("users", "admins", "queue admins")
    index.admit("vic", "viewer", None, 1)
    for number in range(30):
        index.put_resource("task", f"{number:02}")
    page = index.accessible("vic", "task", "modify", 0.0, longest=10)
    assert (page.ids, page.after) == ([], "09")
