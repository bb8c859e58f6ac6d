"""Texts of many rows sent as one, wherever they can be told apart again."""

from typing import Any

import pytest

from services.chassis.bulk import _joined


@pytest.mark.parametrize(
    ("values", "joined"),
    [
        (["a", "b"], "a\x1fb"),
        (["a", None, ""], "a\x1f\x1e\x1f"),
        ([None], "\x1e"),
        (["", ""], "\x1f"),
        ([""], None),
        (["a\x1fb"], None),
        (["\x1e", "a"], None),
        (["a", 1], None),
    ],
    ids=repr,
)
def test_texts_are_joined_only_if_they_can_be_told_apart(values: list[Any], joined: str | None) -> None:
    assert _joined(values) == joined
    if joined is not None:
        assert [None if text == "\x1e" else text for text in joined.split("\x1f")] == values
