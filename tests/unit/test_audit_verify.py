"""An export verified offline: whatever was done to it is found, at the first position where it shows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from services.audit.proof.entries import entry_bytes, export_line
from services.audit.proof.heads import Forged, Record, head_record, key_record, public
from services.audit.proof.merkle import Tree, leaf_hash
from services.audit.proof.verify import Broken, Verified, verify

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
VISION, SPEECH = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2))
HOSTILE = '","position":1,"previous":"","source":"x","subject":"\n\\ä'


def row(source: str, position: int, workspace_id: str | None, **other: Any) -> dict[str, Any]:
    entry = dict.fromkeys(("actor", "on_behalf_of", "credential_id", "ip", "user_agent", "correlation_id", "causation_id"))
    said = {"id": f"{source}:{position}", "type": "x.y.z", "version": 1, "subject": HOSTILE, "time": NOW, "changes": {"name": HOSTILE}}
    return {**entry, **said, "source": source, "position": position, "workspace_id": workspace_id, **other}


# Positions have holes, because not every event of a log is public.
ROWS = [row("identity", 2 * n, None) for n in range(1, 4)] + [
    row("workspaces", 2 * n, (VISION, SPEECH, None)[n % 3], user_agent=HOSTILE) for n in range(1, 10)
]


class History:
    """As the journal writes it, with a head after these many entries of each source, and one at the end."""

    def __init__(self, rows: list[dict[str, Any]], heads: tuple[int, ...] = (5,)) -> None:
        self.lines: list[bytes] = []
        self.records: list[Record] = [key_record(KEY, KEY, None, NOW)]
        trees: dict[str, Tree] = {}
        chains: dict[tuple[str, str | None], bytes] = {}
        for number, each in enumerate(rows, start=1):
            chain = each["source"], each["workspace_id"]
            previous = chains.get(chain, b"")
            hash = chains[chain] = leaf_hash(entry_bytes(each, previous))
            list(trees.setdefault(each["source"], Tree()).append(hash))
            self.lines.append(export_line(each | {"previous": previous, "hash": hash}))
            if number in (*heads, len(rows)):
                sizes = {source: (tree.size, tree.root) for source, tree in trees.items()}
                self.records.append(head_record(KEY, self.records[-1], NOW + timedelta(minutes=number), sizes))

    def verified(self, lines: list[bytes] | None = None, records: list[Record] | None = None, **terms: Any) -> Verified:
        return verify(self.lines if lines is None else lines, records or self.records, public(KEY), **terms)


HISTORY = History(ROWS)


def test_an_export_that_nobody_touched_is_verified():
    assert HISTORY.verified() == Verified(entries=12, heads=2, unsigned=0)


def test_what_was_not_yet_signed_is_counted():
    assert HISTORY.verified(records=HISTORY.records[:2]) == Verified(entries=12, heads=1, unsigned=7)


def test_an_export_of_former_days_is_verified_up_to_the_head_of_then():
    assert HISTORY.verified(HISTORY.lines[:5], until=2) == Verified(entries=5, heads=1, unsigned=0)
    with pytest.raises(Broken, match=r"workspaces ends at position 4 with 2 entries, but record 3 of .* counts 9"):
        HISTORY.verified(HISTORY.lines[:5])


def test_without_a_head_nothing_is_verified():
    with pytest.raises(Broken, match="no signed head"):
        HISTORY.verified(records=HISTORY.records[:1])


def _forged(rows: list[dict[str, Any]]) -> list[bytes]:
    """Whoever may write the database also makes all hashes anew."""
    return History(rows).lines


def _swapped(lines: list[bytes], first: int, second: int) -> list[bytes]:
    lines[first], lines[second] = lines[second], lines[first]
    return lines


CRIMES: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "an entry edited": (lambda x: [*x[:7], x[7].replace(b'"version":1', b'"version":2'), *x[8:]], "workspaces:10 was changed"),
    "a source made unreadable": (lambda x: [x[0].replace(b'"source":"i', b'"source":"\x80'), *x[1:]], r"\\x80dentity:2 was changed"),
    "a hash edited": (lambda x: [*x[:7], x[7].replace(x[7][9:73], b"0" * 64), *x[8:]], "workspaces:10 was changed"),
    "two entries swapped": (lambda x: _swapped(x, 6, 7), "workspaces:8 comes after position 10"),
    "two entries of one workspace swapped": (lambda x: _swapped(x, 5, 8), "workspaces:12 does not follow"),
    "an entry repeated": (lambda x: [*x[:6], x[5], *x[6:]], "workspaces:6 comes after position 6"),
    "an entry removed from the middle": (lambda x: x[:5] + x[6:], "workspaces:12 does not follow"),
    "a workspace's last entry removed": (lambda x: x[:9] + x[10:], "workspaces ends at position 18 with 8 entries"),
    "the first entry removed": (lambda x: x[1:], "identity:4 does not follow"),
    "the tail removed": (lambda x: x[:-2], "workspaces ends at position 14 with 7 entries"),
    "a source removed": (lambda x: x[3:], "identity ends at position 0 with 0 entries"),
    "everything removed": (lambda x: [], "identity ends at position 0"),
    "an entry rewritten with all hashes after it": (
        lambda x: _forged([*ROWS[:6], ROWS[6] | {"actor": "nobody"}, *ROWS[7:]]),
        "workspaces differs from record 3 of .* in positions 5 to 18",
    ),
    "an entry inserted with all hashes after it": (
        lambda x: _forged([*ROWS[:4], row("workspaces", 3, VISION), *ROWS[4:]]),
        "workspaces differs from record 2 of .* in positions 1 to 3",
    ),
    "an entry inserted with its own hash": (
        lambda x: [*x[:4], History([row("workspaces", 3, VISION)]).lines[0], *x[4:]],
        "workspaces:3 does not follow|workspaces differs from record 2",
    ),
    "a line cut short": (lambda x: [*x[:-1], x[-1][:50]], "line 12 is no line of an export"),
    "another file": (lambda x: [b'{"some":"json"}\n'], "line 1 is no line of an export"),
}


# As many lines at a time as no head waits for, so that each is looked at by itself; and as many as it has.
@pytest.mark.parametrize("at_once", [1, 20_000])
@pytest.mark.parametrize(("crime", "found"), CRIMES.values(), ids=CRIMES)
def test_what_was_done_to_an_export_is_found_where_it_shows(crime, found, at_once, monkeypatch):
    monkeypatch.setattr("services.audit.proof.verify._AT_ONCE", at_once)
    with pytest.raises(Broken, match=found):
        HISTORY.verified(crime(list(HISTORY.lines)))
    assert HISTORY.verified() == Verified(entries=12, heads=2, unsigned=0)


@pytest.mark.parametrize("number", range(5, 9))
def test_what_nobody_has_signed_yet_follows_what_was_signed(number):
    assert HISTORY.verified(records=HISTORY.records[:2]).unsigned == 7
    with pytest.raises(Broken, match="does not follow"):
        HISTORY.verified([*HISTORY.lines[:number], *HISTORY.lines[number + 1 :]], HISTORY.records[:2])


def test_a_restored_backup_that_grew_in_another_way_is_found():
    other = History([*ROWS[:8], *(each | {"actor": "somebody"} for each in ROWS[8:])], heads=(8,))
    with pytest.raises(Broken, match="workspaces differs from record 3"):
        HISTORY.verified(other.lines)
    with pytest.raises(Forged, match="record 3 does not follow"):
        HISTORY.verified(records=[*HISTORY.records[:2], head_record(KEY, other.records[1], NOW, {})])


def test_a_head_that_somebody_else_signed_is_not_compared_with():
    with pytest.raises(Forged, match="record 2 is not signed"):
        HISTORY.verified(records=[HISTORY.records[0], head_record(OTHER, HISTORY.records[0], NOW, {})])


@given(st.data())
def test_no_byte_of_an_export_can_be_changed(data):
    number = data.draw(st.integers(0, len(HISTORY.lines) - 1))
    line = bytearray(HISTORY.lines[number])
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[place]))
    with pytest.raises(Broken):
        HISTORY.verified([*HISTORY.lines[:number], bytes(line), *HISTORY.lines[number + 1 :]])


@pytest.mark.parametrize("number", range(12))
def test_no_line_can_be_removed_or_repeated(number):
    before, after = HISTORY.lines[:number], HISTORY.lines[number + 1 :]
    for lines in ([*before, *after], [*before, HISTORY.lines[number], HISTORY.lines[number], *after]):
        with pytest.raises(Broken):
            HISTORY.verified(lines)
