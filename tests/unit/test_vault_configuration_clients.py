"""What is served, held against the parser and the merge that ClearML's clients carry."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhocon import ConfigFactory, ConfigTree
from pyhocon.config_tree import NoneValue
from pyhocon.exceptions import ConfigException

from services.chassis.errors import InvalidInput
from services.vault.configuration import clients, merging, telling
from services.vault.configuration.budget import Budget
from services.vault.configuration.reading import FORMATS, read
from services.vault.configuration.rules import check
from services.vault.configuration.tree import Tree, leaves

pytestmark = pytest.mark.unit
LONGEST = 131_072

KEYS = st.text(st.characters(exclude_characters='"\\', exclude_categories=("Cc", "Cs")), min_size=1, max_size=6)
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\t\n\r"), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12)
TREES = st.dictionaries(KEYS, VALUES, max_size=4)


def as_clients_hold(text: str) -> Any:
    return plain(ConfigFactory.parse_string(text).as_plain_ordered_dict())


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [plain(child) for child in value]
    return None if isinstance(value, NoneValue) else value


@pytest.mark.feature("V-10")
@settings(max_examples=60, deadline=None)
@given(TREES)
def test_clients_read_what_is_served_as_it_was_meant(tree: Tree) -> None:
    check(tree, Budget())
    assert as_clients_hold(clients.served(tree)) == clients.held(tree)


@pytest.mark.feature("V-03")
@settings(max_examples=40, deadline=None)
@given(st.lists(TREES, max_size=4))
def test_merging_is_what_clients_do(trees: list[Tree]) -> None:
    merged = ConfigTree()
    for tree in trees:
        merged = ConfigTree.merge_configs(merged, ConfigFactory.parse_string(clients.served(tree)), copy_trees=True)
    assert plain(merged.as_plain_ordered_dict()) == merging.whole(map(clients.held, trees))


@settings(max_examples=40, deadline=None)
@given(st.lists(TREES, max_size=4))
def test_each_key_is_won_by_the_last_that_speaks_of_it(trees: list[Tree]) -> None:
    layers = {str(number): tree for number, tree in enumerate(trees)}
    settings = merging.settings(layers)
    assert [(each.path, each.value) for each in settings] == list(leaves(merging.whole(trees)))
    for each in settings:
        names = [each.winner, *each.overridden]
        assert names == sorted(names, reverse=True)
        assert dict(leaves(layers[each.winner])).get(each.path) == each.value or each.value == {}


def test_a_value_in_the_place_of_an_object_is_overridden_with_all_below_it() -> None:
    found = merging.settings({"first": {"a": 1}, "second": {"a": {"b": 2}}, "third": {"a": {"c": 3}}})
    assert [(each.path, each.winner, each.overridden) for each in found] == [
        (("a", "b"), "second", ("first",)),
        (("a", "c"), "third", ("first",)),
    ]


@given(TREES, TREES)
def test_a_difference_names_keys_and_never_values(before: Tree, after: Tree) -> None:
    told = telling.difference(before, after)
    assert set(telling.keys(before)) - set(told["removed"]) | set(told["added"]) == set(telling.keys(after))
    assert telling.difference(after, after) == {"added": [], "removed": [], "changed": []}


def test_a_changed_value_changes_its_key_also_if_python_calls_it_equal() -> None:
    assert telling.difference({"a": 1, "b": 0, "c": "x"}, {"a": True, "b": 0.0, "c": "x"})["changed"] == ["a", "b"]


# What clients misread is left out: a duration becomes an object, true and null beside a text are written as Python writes them, and no
# part of a dotted key may stand in quotation marks.
WORD = st.sampled_from(["x", "on the", "s3", "1", "-2", "1.5", '"q"', '"a b"', '"1"', "on", "a/b", "x:y"])
ALONE = WORD | st.sampled_from(["true", "null", "False"])
PATH = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(".".join) | st.just('"d.e"')
SUBSTITUTION = st.sampled_from(["a", "b", "a.b", "n"]).map(lambda path: "${" + path + "}")


def _object(fields: list[tuple[str, str, str]]) -> str:
    return "{" + ", ".join(f"{path}{sign}{value}" for path, sign, value in fields) + "}"


def _fields(value: st.SearchStrategy[str], most: int) -> st.SearchStrategy[list[tuple[str, str, str]]]:
    return st.lists(st.tuples(PATH, st.sampled_from([" = ", ": ", "="]), value), max_size=most)


VALUE = st.recursive(
    ALONE | st.lists(WORD, min_size=1, max_size=3).map(" ".join),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]") | _fields(inner, 3).map(_object),
    max_leaves=5,
)
COMMENT = st.sampled_from(["", " # why", " // why", "\n"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(PATH, VALUE, COMMENT), max_size=3))
def test_hocon_is_read_as_clients_would_read_the_text_itself(fields: list[tuple[str, str, str]]) -> None:
    text = "\n".join(f"{path} = {value}{comment}" for path, value, comment in fields)
    ours = clients.held(read("hocon", text, LONGEST))
    try:
        theirs = as_clients_hold(text)
    except (ConfigException, TypeError):
        # They break at an object where a text or a list was; HOCON lets the object win.
        return
    assert theirs == ours


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["x", "y", "z.w"]), ALONE | SUBSTITUTION | st.tuples(SUBSTITUTION, WORD).map("".join)), max_size=3)
)
def test_substitutions_are_read_as_clients_would(fields: list[tuple[str, str]]) -> None:
    text = "a { b = 1 }\nb = text\nn = 2\nc = ${a}\n" + "\n".join(f"{path} = {value}" for path, value in fields)
    try:
        ours = clients.held(read("hocon", text, LONGEST))
    except InvalidInput as refused:
        assert refused.code == "configuration_malformed", text  # an object beside a text
        return
    assert as_clients_hold(text) == ours


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(FORMATS)), st.text(st.sampled_from("ab.{}[]:=,+\"\\$?\n\t -#&*!|>%@`'1eE/") | st.characters(), max_size=60))
def test_any_text_is_read_or_refused_with_a_reason(format: str, text: str) -> None:
    try:
        tree = read(format, text, LONGEST)
    except InvalidInput as refused:
        assert refused.code.startswith("configuration_")
        return
    assert json.loads(clients.served(tree)) == tree
