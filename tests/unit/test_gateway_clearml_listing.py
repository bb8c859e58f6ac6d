"""How lists are chosen from, as ClearML's pages ask for it."""

import time

import pytest

from gateway.clearml.listing import Listing, chosen
from gateway.clearml.refusals import BAD_VALUE, Refusal

PEOPLE = [
    {"id": "1", "name": "Grace Hopper", "role": "admin", "avatar": None},
    {"id": "2", "name": "Ada Lovelace", "role": "user", "avatar": None},
    {"id": "3", "name": "Barbara Liskov", "role": "user", "avatar": None},
]


def ids(**wish: object) -> str:
    return "".join(row["id"] for row in chosen(PEOPLE, Listing().load(wish)))


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({}, "123"),
        ({"id": ["3", "1", "x"]}, "13"),
        ({"id": "2"}, "2"),
        ({"id": []}, ""),
        ({"name": "a"}, "123"),
        ({"name": "^Ada"}, "2"),
        ({"name": "o.e"}, "2"),
        ({"name": "^.*Ho.*$"}, "1"),
        ({"name": r"Ada\ Lovelace"}, "2"),
        ({"order_by": ["name"]}, "231"),
        ({"order_by": "-name"}, "132"),
        ({"order_by": ["-role", "name"]}, "231"),
        ({"page": 1, "page_size": 2}, "3"),
        ({"page": "0", "page_size": "1"}, "1"),
        ({"page": 9, "page_size": 1}, ""),
    ],
)
def test_rows_are_chosen_ordered_and_paged(wish: dict[str, object], expected: str) -> None:
    assert ids(**wish) == expected


def test_fields_that_nobody_asked_for_are_left_out_but_the_id() -> None:
    assert chosen(PEOPLE[:1], Listing().load({"only_fields": ["name", "salary"]})) == [{"id": "1", "name": "Grace Hopper"}]


@pytest.mark.parametrize(
    "wish", [{"name": "(a+)+$"}, {"name": "a{2}"}, {"name": ".*.*.*"}, {"name": r"\d"}, {"order_by": ["salary"]}, {"order_by": ["avatar"]}]
)
def test_what_could_not_be_told_or_would_take_long_is_refused(wish: dict[str, object]) -> None:
    with pytest.raises(Refusal) as refused:
        ids(**wish)
    assert refused.value.kind == BAD_VALUE


def test_the_worst_pattern_that_is_taken_is_quick() -> None:
    began = time.perf_counter()
    chosen([{"id": "1", "name": "a" * 201}], Listing().load({"name": ".*a.*b"}))
    assert time.perf_counter() - began < 1
