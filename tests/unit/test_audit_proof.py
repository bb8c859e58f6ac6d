"""The journal's proof, over bytes alone: the vectors of RFC 6962's reference trees, and whatever hypothesis makes up."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from services.audit.proof.canonical import canonical
from services.audit.proof.entries import entry_bytes
from services.audit.proof.heads import Chain, Forged, head_record, key_record, moment, public, signed
from services.audit.proof.merkle import EMPTY, Tree, consistency_proof, extends, includes, inclusion_proof, leaf_hash, node_hash

# The leaves, roots and proofs that implementations of RFC 6962 and 9162 are tested with.
LEAVES = [
    bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def grown(data):
    tree, nodes = Tree(), {}
    for number, each in enumerate(data):
        leaf = nodes[0, number] = leaf_hash(each)
        nodes |= {(level, place): hash for level, place, hash in tree.append(leaf)}
    return tree, lambda level, place: nodes[level, place]


def plain_root(data):
    """As the RFC defines it, word for word."""
    if len(data) < 2:
        return leaf_hash(data[0]) if data else EMPTY
    split = 1
    while split * 2 < len(data):
        split *= 2
    return node_hash(plain_root(data[:split]), plain_root(data[split:]))


def test_trees_have_the_roots_that_other_implementations_give_them():
    assert Tree().root == sha256(b"").digest()
    assert [grown(LEAVES[: size + 1])[0].root.hex() for size in range(8)] == ROOTS


def test_proofs_are_those_that_other_implementations_give():
    _, node = grown(LEAVES)
    assert [hash.hex() for hash in inclusion_proof(5, 8, node)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [hash.hex() for hash in consistency_proof(6, 8, node)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@given(st.lists(st.binary(max_size=4), max_size=40), st.data())
def test_a_tree_grown_leaf_by_leaf_from_its_peaks_is_the_tree_that_is_defined(data, draw):
    pause = draw.draw(st.integers(0, len(data)))
    first, _ = grown(data[:pause])
    again = Tree(first.size, first.peaks)
    for each in data[pause:]:
        list(again.append(leaf_hash(each)))
    assert again.root == plain_root(data)
    at_once = Tree(first.size, first.peaks)
    at_once.extend([leaf_hash(each) for each in data[pause:]])
    assert (at_once.size, at_once.peaks) == (again.size, again.peaks)


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=40, unique=True), st.data())
def test_every_leaf_is_proven_and_no_other_leaf_place_size_or_path_is(data, draw):
    tree, node = grown(data)
    leaf = draw.draw(st.integers(0, len(data) - 1))
    path, hash = inclusion_proof(leaf, len(data), node), leaf_hash(data[leaf])
    assert includes(tree.root, len(data), leaf, hash, path)
    assert not includes(tree.root, len(data), leaf, leaf_hash(data[leaf] + b"!"), path)
    assert not includes(tree.root, len(data), leaf, hash, [*path, EMPTY])
    assert not includes(tree.root, len(data), len(data), hash, path)
    if path:
        assert not includes(tree.root, len(data), leaf, hash, path[:-1])
        assert not includes(tree.root, len(data), leaf ^ 1, hash, path)


@given(st.lists(st.binary(max_size=4), max_size=40), st.data())
def test_every_former_state_is_proven_and_no_other_is(data, draw):
    tree, node = grown(data)
    old = draw.draw(st.integers(0, len(data)))
    before, path = grown(data[:old])[0].root, consistency_proof(old, len(data), node)
    assert extends(before, old, tree.root, len(data), path)
    assert not extends(leaf_hash(b"other"), old, tree.root, len(data), path)
    assert not extends(before, old, tree.root, len(data), [*path, EMPTY])
    assert not extends(tree.root, len(data) + 1, before, old, path)
    if path:
        assert not extends(before, old, leaf_hash(b"other"), len(data), path)
        assert not extends(before, old, tree.root, len(data), path[:-1])


def test_what_a_tree_does_not_have_is_not_proven():
    with pytest.raises(ValueError, match="no leaf 8"):
        inclusion_proof(8, 8, grown(LEAVES)[1])
    with pytest.raises(ValueError, match="no former state of 9"):
        consistency_proof(9, 8, grown(LEAVES)[1])


def test_a_value_has_one_spelling():
    # Sorted by UTF-16 code units and escaped as RFC 8785 shows.
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": [None, True, {"b": -1, "a": ""}], "\U0001f600": 5, "\u0080": 6, "\u00f6": '"\\\n\x1f/'}
    assert canonical(value).decode() == (
        '{"\\r":2,"1":[null,true,{"a":"","b":-1}],"\u0080":6,"\u00f6":"\\"\\\\\\n\\u001f/","\u20ac":1,"\U0001f600":5,"\ufb33":3}'
    )


@pytest.mark.parametrize("value", [1.5, 2**53 + 1, b"bytes", {1}], ids=str)
def test_what_programs_spell_differently_is_refused(value):
    with pytest.raises(TypeError, match="write it as text"):
        canonical({"changes": [value]})


KEY, NEXT, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3))


def records():
    first = key_record(KEY, KEY, None, NOW)
    one = head_record(KEY, first, NOW + timedelta(minutes=1), {"identity": (3, EMPTY)})
    rotated = key_record(NEXT, KEY, one, NOW + timedelta(minutes=2))
    return [first, one, rotated, head_record(NEXT, rotated, NOW + timedelta(minutes=3), {"identity": (5, EMPTY), "authz": (1, EMPTY)})]


def believed(chain):
    known = Chain(public(KEY))
    for record in chain:
        known.add(record)
    return known


def test_heads_are_believed_through_a_rotation_of_their_key():
    assert list(believed(records()).heads) == [2, 4]


def test_a_clock_that_was_set_back_dates_no_record_before_another():
    first = key_record(KEY, KEY, None, NOW)
    believed([first, head_record(KEY, first, NOW - timedelta(hours=1), {})])


FORGERIES = {
    "edited": lambda r: [r[0], r[1] | {"trees": {}}],
    "signed by somebody else": lambda r: [r[0], head_record(OTHER, r[0], NOW, {})],
    "signed with the retired key": lambda r: [*r[:3], head_record(KEY, r[2], NOW + timedelta(minutes=5), {})],
    "missing": lambda r: [r[0], r[2]],
    "the first is missing": lambda r: r[1:],
    "another beginning": lambda r: [key_record(OTHER, OTHER, None, NOW)],
    "a branch of the history": lambda r: [*r[:3], head_record(NEXT, r[2] | {"time": "2026-11-20T12:02:01.000000Z"}, NOW, {})],
    "a key that nobody vouched for": lambda r: [*r[:2], key_record(OTHER, OTHER, r[1], NOW)],
    "fewer entries than before": lambda r: [*r, head_record(NEXT, r[3], NOW + timedelta(minutes=5), {"identity": (4, EMPTY)})],
    "back-dated": lambda r: [*r[:3], _dated(r[3], "2026-11-20T11:00:00.000000Z")],
    "no record at all": lambda r: [r[0], {"kind": "head"}],
    "nonsense": lambda r: [r[0], []],
}


def _dated(record, time):
    return signed(NEXT, {name: value for name, value in record.items() if name != "signature"} | {"time": time})


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_chain_of_heads_is_not_believed(forge):
    chain = forge(records())
    with pytest.raises(Forged, match=f"record {len(chain) if len(chain) < 3 or chain[0]['number'] == 1 else 1}"):
        believed(chain)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
MAYBE = st.none() | TEXTS
OLD = {
    **dict.fromkeys(("source", "id", "type", "subject"), TEXTS),
    **dict.fromkeys(("actor", "on_behalf_of", "credential_id", "ip", "user_agent", "correlation_id", "causation_id"), MAYBE),
    "position": st.integers(1, 2**53),
    "version": st.integers(1, 9),
    "changes": st.dictionaries(TEXTS, MAYBE | st.integers(-9, 9) | st.lists(TEXTS, max_size=2), max_size=3),
    "workspace_id": st.none() | st.uuids(),
    "time": st.datetimes(timezones=st.just(UTC)),
}
NEW = {"claimed_actor": MAYBE, "claimed_request_id": MAYBE, "operator": st.booleans()}


@given(st.fixed_dictionaries(OLD), st.fixed_dictionaries({}, optional=NEW), st.binary(max_size=32))
def test_the_bytes_of_an_entry_are_its_canonical_json(old, new, previous):
    workspace_id = str(old["workspace_id"]) if old["workspace_id"] else None
    told = {name: value for name, value in new.items() if value}
    plain = old | told | {"time": moment(old["time"]), "workspace_id": workspace_id, "previous": previous.hex()}
    assert entry_bytes(old | new, previous) == canonical(plain)
