"""Signed heads: over what the journal holds, in the table and in a file, and never over a journal that was changed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.audit.application import Audit
from services.audit.nodes import StoredNodes
from services.audit.projections import Journal
from services.audit.proof.heads import Chain
from services.audit.proof.merkle import Tree, includes, inclusion_proof
from services.audit.service import SPEC, AuditService
from services.chassis import schema
from services.chassis.public import PublicEvent
from services.chassis.publiclog import PublicLog
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from services.chassis.sinks import ProjectionSink
from services.identity.application import Identity
from services.identity.service import SPEC as IDENTITY
from tests.builders.identity import ADA, NOON, OPERATOR, SETUP_TOKEN
from tests.builders.public_events import events

MINUTE = timedelta(minutes=1)


@pytest.fixture
def app(settings: Settings, tmp_path: Path) -> Iterator[Audit]:
    app = Audit.connect(replace(settings, audit_heads_file=str(tmp_path / "heads.jsonl")))
    with app.database.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS audit CASCADE")
    schema.create(app.database, SPEC.tables)
    yield app
    app.close()


def log(count: int, source: str = "workspaces") -> list[PublicEvent]:
    return events(source, *[("workspaces.member.joined", {"role": "editor"})] * count)


def heard(app: Audit, said: list[PublicEvent], batch: int = 100) -> None:
    sink = ProjectionSink(Journal(), app.database)
    for start in range(0, len(said), batch):
        sink.apply(said[start : start + batch])


def records(app: Audit) -> list[Any]:
    service = AuditService()
    service.app = app
    items: list[Any] = service.list_heads({})["items"]
    return items


def believed(app: Audit) -> Chain:
    service = AuditService()
    service.app = app
    chain = Chain(bytes.fromhex(service.signing_keys({})["keys"][0]["public_key"]))
    for record in records(app):
        chain.add(record)
    return chain


def in_file(app: Audit) -> list[str]:
    return Path(app.settings.audit_heads_file).read_text().splitlines()


def sizes(chain: Chain) -> list[dict[str, int]]:
    return [{source: tree["size"] for source, tree in head["trees"].items()} for head in chain.heads.values()]


def test_what_was_added_is_signed_a_while_later_and_in_the_file(app: Audit) -> None:
    heard(app, log(3))
    app.tidy(NOON)
    heard(app, log(5))
    app.tidy(NOON + MINUTE / 2)
    assert sizes(believed(app)) == [{"workspaces": 3}]
    app.tidy(NOON + MINUTE)
    app.tidy(NOON + 2 * MINUTE)
    assert sizes(believed(app)) == [{"workspaces": 3}, {"workspaces": 5}]
    assert len(in_file(app)) == 3


def test_heads_are_believed_after_the_key_was_replaced(app: Audit) -> None:
    for count in (1, 2):
        heard(app, log(count))
        app.tidy(NOON + count * MINUTE)
        app.rotate_key(NOON + count * MINUTE)
    assert [record["kind"] for record in records(app)] == ["key", "head", "key", "head", "key"]
    assert sizes(believed(app)) == [{"workspaces": 1}, {"workspaces": 2}]


def test_a_line_that_a_crash_left_half_written_is_written_again(app: Audit) -> None:
    heard(app, log(1))
    app.tidy(NOON)
    whole = in_file(app)
    Path(app.settings.audit_heads_file).write_text(f"{whole[0]}\n{whole[1][:40]}")
    app.tidy(NOON)
    assert in_file(app) == whole


def test_a_file_that_cannot_be_written_stops_no_signing(app: Audit, caplog: pytest.LogCaptureFixture) -> None:
    Path(app.settings.audit_heads_file).mkdir()
    heard(app, log(1))
    app.tidy(NOON)
    assert sizes(believed(app)) == [{"workspaces": 1}]
    assert "heads.jsonl" in caplog.text


@pytest.mark.parametrize("content", ["a diary", "a diary\n", '{"kind": "diary"}\n', '{"number": 1}\na diary'])
def test_a_file_of_somebody_else_is_left_as_it_is(app: Audit, caplog: pytest.LogCaptureFixture, content: str) -> None:
    Path(app.settings.audit_heads_file).write_text(content)
    heard(app, log(1))
    app.tidy(NOON)
    assert Path(app.settings.audit_heads_file).read_text() == content
    assert "it holds something else" in caplog.text


@pytest.mark.parametrize("table", ["journal_heads", "journal_keys"])
def test_nothing_is_signed_once_heads_or_keys_were_emptied(app: Audit, caplog: pytest.LogCaptureFixture, table: str) -> None:
    heard(app, log(1))
    app.tidy(NOON)
    heard(app, log(2))
    app.database.run(f"DELETE FROM {table}")
    before = records(app)
    app.tidy(NOON + MINUTE)
    assert records(app) == before
    assert "nothing is signed" in caplog.text


@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE journal SET hash = sha256('other') WHERE leaf = 1",
        "DELETE FROM journal WHERE leaf = 1",
        "UPDATE journal_trees SET size = 2",
        "DELETE FROM journal_trees",
    ],
)
def test_a_journal_that_is_not_what_was_signed_is_signed_no_more(app: Audit, caplog: pytest.LogCaptureFixture, tamper: str) -> None:
    heard(app, log(3))
    app.tidy(NOON)
    heard(app, log(5))
    app.database.run(tamper)
    app.tidy(NOON + MINUTE)
    assert sizes(believed(app)) == [{"workspaces": 3}]
    assert "nothing is signed" in caplog.text


def test_proofs_come_from_a_tree_of_many_tiles(app: Audit) -> None:
    heard(app, log(1_100), batch=333)
    row = app.database.one("SELECT count(*) AS tiles, max(position) AS position FROM journal_tiles")
    assert row == {"tiles": 4, "position": 2 * 1024}
    hashes = [row["hash"] for row in app.database.all("SELECT hash FROM journal ORDER BY leaf")]
    tree = Tree()
    for hash in hashes:
        list(tree.append(hash))
    nodes = StoredNodes(app.database, "workspaces")
    assert all(includes(tree.root, 1_100, leaf, hashes[leaf], inclusion_proof(leaf, 1_100, nodes)) for leaf in (0, 255, 256, 1_023, 1_099))


@pytest.fixture
def identity(settings: Settings) -> Iterator[Identity]:
    app = Identity.connect(replace(settings, setup_token=SETUP_TOKEN))
    with app.database.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS identity CASCADE")
    schema.create(app.database, IDENTITY.tables)
    yield app
    app.close()


class _Logs:
    def __init__(self, identity: Identity) -> None:
        self._log = PublicLog(identity)

    def events_after(self, source: str, position: int, limit: int) -> list[PublicEvent]:
        return self._log.after(position, limit) if source == "identity" else []


def test_an_erased_person_leaves_every_hash_and_every_head_as_it_was(app: Audit, identity: Identity) -> None:
    identity.register_account(**OPERATOR, setup_token=SETUP_TOKEN, now=NOON)
    ada = identity.register_account(**ADA, now=NOON)
    logs = _Logs(identity)
    heard(app, logs.events_after("identity", 0, 1_000))
    app.tidy(NOON)
    before = app.database.all("SELECT * FROM journal ORDER BY leaf")

    identity.forget(ada["id"])
    Rebuild(app, Journal, logs).run()

    assert app.database.all("SELECT * FROM journal ORDER BY leaf") == before
    assert "Lovelace" not in str(before)
    identity.register_account(**{**ADA, "email": "later@example.org", "username": "later"}, now=NOON)
    heard(app, logs.events_after("identity", before[-1]["position"], 1_000))
    app.tidy(NOON + MINUTE)
    first, second = believed(app).heads.values()
    old, new = first["trees"]["identity"], second["trees"]["identity"]
    assert old["size"] == len(before) < new["size"]
