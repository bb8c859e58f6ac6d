"""Proofs of inclusion and of consistency as the service gives them, held against the RFC's own words and checked offline."""

import json
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from services.audit.application import Audit
from services.audit.projections import Journal
from services.audit.proof.heads import Forged
from services.audit.proof.proofs import verify_proof
from services.audit.proof.verify import Broken
from services.audit.service import SPEC, AuditService
from services.chassis import schema
from services.chassis.errors import Conflict, NotFound, Unprocessable
from services.chassis.settings import Settings
from services.chassis.sinks import ProjectionSink
from tests.builders.public_events import NOON, events

VISION, SPEECH = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2))
MINUTE = timedelta(minutes=1)
FIRST, SECOND = 300, 521


@pytest.fixture(scope="module")
def audit(database_url: str) -> Iterator[AuditService]:
    """With two heads, and an entry that none of them counts."""
    app = Audit.connect(Settings(database_url=database_url, amqp_url="none", secret_key="k" * 32))
    app.database.open()
    app.database.run("CREATE SCHEMA IF NOT EXISTS audit")
    schema.create(app.database, SPEC.tables)
    sink = ProjectionSink(Journal(), app.database)
    for number, count in enumerate((FIRST, SECOND, SECOND + 1)):
        said = [("workspaces.member.joined", {"role": "editor"})] * count
        sink.apply(events("workspaces", *said, workspace_id=VISION))
        if count != SECOND + 1:
            app.tidy(NOON + number * MINUTE)
    service = AuditService()
    service.app = app
    yield service
    app.close()


@pytest.fixture(scope="module")
def leaves(audit: AuditService) -> list[bytes]:
    return [row["hash"] for row in audit.app.db.all("SELECT hash FROM journal ORDER BY leaf")]


@pytest.fixture(scope="module")
def heads(audit: AuditService) -> tuple[list[dict[str, Any]], bytes]:
    return audit.heads_after({})["records"], bytes.fromhex(audit.signing_keys({})["keys"][0]["public_key"])


def mth(data: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, over hashes of leaves; likewise the two below."""
    if len(data) < 2:
        return data[0] if data else sha256().digest()
    k = split(len(data))
    return sha256(b"\1" + mth(data[:k]) + mth(data[k:])).digest()


def split(n: int) -> int:
    return max(2**e for e in range(n.bit_length()) if 2**e < n)


def path(m: int, data: list[bytes]) -> list[bytes]:
    if len(data) == 1:
        return []
    k = split(len(data))
    return [*path(m, data[:k]), mth(data[k:])] if m < k else [*path(m - k, data[k:]), mth(data[:k])]


def subproof(m: int, data: list[bytes], known: bool) -> list[bytes]:
    if m == len(data):
        return [] if known else [mth(data)]
    k = split(len(data))
    return [*subproof(m, data[:k], known), mth(data[k:])] if m <= k else [*subproof(m - k, data[k:], False), mth(data[:k])]


def id_of(leaf: int) -> str:
    return f"workspaces:{2 * (leaf + 1)}"


@pytest.mark.parametrize(("leaf", "size"), [(0, 1), (0, 300), (255, 256), (256, 300), (299, 300), (299, 521), (520, 521), (521, 522)])
def test_an_inclusion_proof_is_that_of_the_rfc(audit: AuditService, leaves: list[bytes], leaf: int, size: int) -> None:
    proof = audit.inclusion_proof({"id": id_of(leaf), "tree_size": size})
    assert (proof["leaf_index"], proof["tree_size"], proof["entry"]["id"]) == (leaf, size, id_of(leaf))
    assert proof["inclusion_path"] == [hash.hex() for hash in path(leaf, leaves[:size])]


@pytest.mark.parametrize(("first", "second"), [(0, 5), (1, 2), (256, 300), (300, 521), (512, 522), (521, 521)])
def test_a_consistency_proof_is_that_of_the_rfc(audit: AuditService, leaves: list[bytes], first: int, second: int) -> None:
    proof = audit.consistency_proof({"source": "workspaces", "first": first, "second": second})
    assert proof["consistency_path"] == ([hash.hex() for hash in subproof(first, leaves[:second], True)] if first else [])


def test_without_a_size_an_entry_is_proved_against_the_last_head_and_checked_offline(audit: AuditService, heads: Any) -> None:
    for leaf in (0, 299, 520):
        said = verify_proof(audit.inclusion_proof({"id": id_of(leaf), "workspace_id": VISION}), *heads)
        assert said.startswith(f"{id_of(leaf)} is entry {leaf} of the 521 that record 3 of ")
    growth = audit.consistency_proof({"source": "workspaces", "first": FIRST, "second": SECOND})
    assert verify_proof(growth, *heads) == "the 521 entries of workspaces in record 3 begin with the 300 of record 2"


def corrupted(proof: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, value in proof.items():
        if isinstance(value, int):
            yield from (proof | {name: value + 1}, proof | {name: value - 1}, proof | {name: str(value)})
    name = next(name for name in proof if name.endswith("_path"))
    hashes = proof[name]
    yield from (proof | {name: hashes[:-1]}, proof | {name: [*hashes, hashes[0]]}, proof | {name: hashes[::-1]}, proof | {name: None})
    for place in range(len(hashes)):
        yield proof | {name: [*hashes[:place], "00" * 32, *hashes[place + 1 :]]}
    for name, value in proof.get("entry", {}).items():
        yield proof | {"entry": proof["entry"] | {name: f"{value}!"}}


def test_a_proof_that_was_changed_in_any_way_is_refused(audit: AuditService, heads: Any) -> None:
    proofs = [
        audit.inclusion_proof({"id": id_of(299)}),
        audit.consistency_proof({"source": "workspaces", "first": FIRST, "second": SECOND}),
    ]
    for proof in proofs:
        for wrong in corrupted(proof):
            with pytest.raises(Broken):
                verify_proof(wrong, *heads)
    for nonsense in ({}, [], 1, None, {"inclusion_path": []}):
        with pytest.raises(Broken):
            verify_proof(nonsense, *heads)
    with pytest.raises(Forged):
        verify_proof(proofs[0], heads[0][:1] + heads[0][2:], heads[1])


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"id": id_of(521)}, Conflict),
        ({"id": id_of(522)}, NotFound),
        ({"id": "workspaces:3"}, NotFound),
        ({"id": id_of(0), "workspace_id": SPEECH}, NotFound),
        ({"id": id_of(5), "tree_size": 5}, Unprocessable),
        ({"id": id_of(5), "tree_size": 523}, Unprocessable),
    ],
    ids=str,
)
def test_what_cannot_be_proved_is_refused(audit: AuditService, asked: dict[str, Any], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        audit.inclusion_proof(asked)


@pytest.mark.parametrize("asked", [("workspaces", 2, 1), ("workspaces", 0, 523), ("nobody", 0, 0)], ids=str)
def test_a_growth_that_was_not_is_refused(audit: AuditService, asked: tuple[str, int, int]) -> None:
    with pytest.raises((Unprocessable, NotFound)):
        audit.consistency_proof(dict(zip(("source", "first", "second"), asked, strict=True)))


def test_heads_are_taken_away_from_where_one_was(audit: AuditService, heads: Any) -> None:
    assert audit.heads_after({"after": 1})["records"] == heads[0][1:]
    assert audit.heads_after({"after": 3}) == {"records": []}
    assert json.loads(json.dumps(heads[0])) == heads[0]
