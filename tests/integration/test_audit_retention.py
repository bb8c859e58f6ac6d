"""Months that were sealed: out of the database, in signed files, and still verified, searched and never brought back."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from gatehouse import auditing
from gatehouse.cli import cli
from services.audit.application import Audit
from services.audit.nodes import StoredNodes
from services.audit.notary import read_trees
from services.audit.projections import Journal
from services.audit.proof.archives import entry_lines, in_order
from services.audit.proof.heads import Chain
from services.audit.proof.merkle import includes, inclusion_proof
from services.audit.proof.verify import Broken, Verified, chained, verify_against
from services.audit.retention import Sealed
from services.audit.service import SPEC, AuditService
from services.chassis import crash, schema
from services.chassis.errors import Conflict
from services.chassis.public import PublicEvent
from services.chassis.publiclog import PublicLog
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from services.chassis.sinks import ProjectionSink
from tests.builders.public_events import STREAM, events

VISION = UUID("00000000-0000-4000-8000-000000000001")
ADA = "00000000-0000-4000-8000-00000000000b"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def log(source: str, times: list[datetime]) -> list[PublicEvent]:
    said = [("workspaces.member.joined", {"account_id": ADA, "role": "editor", "note": f"number{n}"}) for n in range(len(times))]
    made = events(source, *said, workspace_id=VISION, actor_id=ADA)
    return [replace(event, time=time) for event, time in zip(made, times, strict=True)]


# A month after the other; around midnight of a month's end, replicas of a service do not quite agree on the time.
TIMES = [datetime(2026, month, 1, tzinfo=UTC) + timedelta(days=9 * n) for month in (1, 2, 3) for n in range(3)]
TIMES[5:5] = [MARCH, MARCH - timedelta(seconds=1)]
LOGS = {"workspaces": log("workspaces", TIMES), "authz": log("authz", TIMES[2:])}


class _Logs:
    def __init__(self, app: Audit) -> None:
        self._own = PublicLog(app)

    def events_after(self, source: str, position: int, limit: int) -> list[PublicEvent]:
        found = self._own.after(position, limit) if source == "audit" else LOGS.get(source, [])
        return [event for event in found if event.position > position][:limit]


@pytest.fixture
def app(settings: Settings) -> Iterator[Audit]:
    app = Audit.connect(settings)
    with app.database.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS audit CASCADE")
    schema.create(app.database, SPEC.tables)
    for source in LOGS:
        heard(app, source)
    yield app
    app.close()


def heard(app: Audit, source: str) -> None:
    ProjectionSink(Journal(), app.database).apply(_Logs(app).events_after(source, 0, 10_000))


def seal(app: Audit, folder: Path, until: datetime = MARCH, *, now: datetime = NOW, forced: bool = False) -> list[Sealed]:
    """And what it said of itself is signed a while later."""
    sealed = list(app.seal(until, folder, now, forced=forced))
    heard(app, "audit")
    app.tidy(now + timedelta(minutes=2))
    return sealed


def stored(app: Audit) -> list[Any]:
    return [app.database.all(f"SELECT * FROM {table.name} ORDER BY {', '.join(table.key)}") for table in Journal.tables]


def live(app: Audit) -> list[tuple[str, int]]:
    return [(row["source"], row["position"]) for row in app.database.all("SELECT source, position FROM journal ORDER BY time")]


def export(app: Audit, folder: Path) -> Path:
    path = folder / "export.jsonl"
    path.write_text("".join(app.export(None, 1_000)["lines"]))
    return path


def chain(app: Audit) -> Chain:
    service = AuditService()
    service.app = app
    key = service.signing_keys({})["keys"][0]["public_key"]
    return chained(service.list_heads({})["items"], bytes.fromhex(key))


def verified(app: Audit, *files: Path) -> Verified:
    believed = chain(app)
    return verify_against(believed, in_order([entry_lines(path, believed) for path in files]))


def test_sealed_months_leave_the_database_and_are_verified_together_with_an_export(app: Audit, tmp_path: Path) -> None:
    before = len(live(app))
    sealed = seal(app, tmp_path)

    assert [(each.month, each.entries) for each in sealed] == [("2026-01", 4), ("2026-02", 8)]
    assert all(row["time"] >= MARCH for row in app.database.all("SELECT time FROM journal"))
    whole = verified(app, export(app, tmp_path), *(each.path for each in sealed))
    assert (whole.entries, whole.unsigned) == (before + len(sealed), 0)
    with pytest.raises(Broken, match="does not follow"):
        verified(app, export(app, tmp_path))
    with pytest.raises(Broken, match="does not follow"):
        verified(app, export(app, tmp_path), sealed[0].path)


def test_that_a_month_was_sealed_is_itself_an_entry(app: Audit, tmp_path: Path) -> None:
    first, second = seal(app, tmp_path)
    service = AuditService()
    service.app, service.clock = app, lambda: NOW
    found = service.list_entries({"everything": True, "type": "audit.journal.sealed"})["items"]
    assert [entry["changes"] for entry in found] == [
        {"month": each.month, "file": each.path.name, "entries": each.entries, "sha256": each.sha256, "unacknowledged": 0}
        for each in (first, second)
    ]


def test_a_rebuild_equals_the_live_journal_and_brings_nothing_back(app: Audit, tmp_path: Path) -> None:
    seal(app, tmp_path)
    before = stored(app)

    Rebuild(app, Journal, _Logs(app)).run()

    assert stored(app) == before
    assert len(before[1]) == 12


def test_proofs_and_heads_go_on_over_what_was_dropped(app: Audit, tmp_path: Path) -> None:
    hashes = [row["hash"] for row in app.database.all("SELECT hash FROM journal WHERE source = 'workspaces' ORDER BY leaf")]
    seal(app, tmp_path)

    tree = read_trees(app.database)["workspaces"]
    nodes = StoredNodes(app.database, "workspaces")
    assert all(includes(tree.root, tree.size, leaf, hash, inclusion_proof(leaf, tree.size, nodes)) for leaf, hash in enumerate(hashes))
    newest = next(reversed(chain(app).heads.values()))
    assert newest["trees"]["audit"]["size"] == 2


def test_what_comes_late_for_a_sealed_month_stays_until_it_is_sealed_too(app: Audit, tmp_path: Path) -> None:
    first = seal(app, tmp_path)
    late = replace(LOGS["authz"][-1], time=TIMES[0], position=100, previous=LOGS["authz"][-1].position, id="authz:100")
    ProjectionSink(Journal(), app.database).apply([late])
    assert ("authz", 100) in live(app)
    LOGS["authz"].append(late)
    try:
        before = stored(app)
        Rebuild(app, Journal, _Logs(app)).run()
        assert stored(app) == before
    finally:
        LOGS["authz"].pop()

    [second] = seal(app, tmp_path, now=NOW + timedelta(hours=1))

    assert (second.month, second.entries) == ("2026-01", 1)
    assert second.path not in [each.path for each in first]
    assert verified(app, export(app, tmp_path), second.path, *(each.path for each in first)).unsigned == 0


def test_a_crash_between_the_file_and_the_drop_loses_nothing_and_is_made_up_for(
    app: Audit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashed(name: str) -> None:
        if name == "audit.archived":
            raise KeyboardInterrupt

    before = stored(app)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(crash, "point", crashed)
        seal(app, tmp_path)
    assert stored(app) == before
    left = sorted(tmp_path.iterdir())

    sealed = seal(app, tmp_path)

    assert sorted(tmp_path.iterdir()) == sorted(each.path for each in sealed)
    assert left == [sealed[0].path]


def test_nothing_is_dropped_that_a_sink_has_not_acknowledged_unless_forced(
    app: Audit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = {"siem": {"workspaces": LOGS["workspaces"][-1].position, "authz": LOGS["authz"][1].position}, "file": {}}
    monkeypatch.setattr(app.views, "acknowledged", lambda: taken)
    before = stored(app)
    with pytest.raises(Conflict, match=r"2026-01 .*\(file: 4\)"):
        seal(app, tmp_path)
    assert stored(app) == before
    assert list(tmp_path.iterdir()) == []

    sealed = seal(app, tmp_path, forced=True)

    assert [each.unacknowledged for each in sealed] == [{"file": 4}, {"siem": 3, "file": 8}]


@pytest.mark.parametrize(
    ("tamper", "code"),
    [
        ("UPDATE journal SET actor = 'nobody' WHERE position = 4", "entry_changed"),
        ("UPDATE journal SET hash = sha256('other') WHERE position = 4", "journal_not_signed"),
        ("DELETE FROM journal WHERE position = 4 AND source = 'workspaces'", "journal_changed"),
    ],
)
def test_a_journal_that_was_changed_is_not_sealed(app: Audit, tmp_path: Path, tamper: str, code: str) -> None:
    app.tidy(NOW - timedelta(minutes=5))
    app.database.run(tamper)
    ProjectionSink(Journal(), app.database).apply([replace(LOGS["authz"][-1], position=100, previous=18, id="authz:100")])
    before = stored(app)
    with pytest.raises(Conflict, match=code):
        seal(app, tmp_path)
    assert stored(app) == before


def test_a_month_that_is_not_over_is_not_sealed(app: Audit, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="month_not_over"):
        seal(app, tmp_path, until=datetime(2026, 12, 1, tzinfo=UTC))


def test_an_archive_that_was_changed_or_that_nobody_signed_is_refused(app: Audit, tmp_path: Path) -> None:
    first, second = seal(app, tmp_path)
    whole = first.path.read_bytes()
    first.path.write_bytes(whole[:-20])
    with pytest.raises(Broken, match="cannot be read to its end"):
        verified(app, first.path)
    first.path.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
    with pytest.raises(Broken):
        verified(app, first.path)
    stranger = Chain(os.urandom(32))
    with pytest.raises(Broken, match="not signed with a key of this journal"):
        list(entry_lines(second.path, stranger))


def test_archives_are_searched_without_a_server(app: Audit, tmp_path: Path) -> None:
    paths = [each.path for each in seal(app, tmp_path)]

    def found(**filters: Any) -> list[str]:
        return [json.loads(line)["id"] for line in auditing.found(paths, filters)]

    assert len(found()) == 12
    assert found(actor=ADA, q="number0") == ["authz:2", "workspaces:2"]
    assert found(type="workspaces.member.*", since=TIMES[1], until=TIMES[2]) == ["workspaces:4"]
    assert found(type="workspaces.member", q=None) == []
    assert found(operator=True) == found(subject="nobody") == found(workspace_id="x") == []


def test_the_command_line_verifies_and_searches_archives_beside_an_export(app: Audit, tmp_path: Path) -> None:
    paths = [str(each.path) for each in seal(app, tmp_path)]
    heads, key = tmp_path / "heads.jsonl", tmp_path / "key.json"
    service = AuditService()
    service.app = app
    heads.write_text("".join(json.dumps(record) + "\n" for record in service.list_heads({})["items"]))
    key.write_text(json.dumps(service.signing_keys({})))
    run = CliRunner().invoke
    given = [str(export(app, tmp_path)), "--heads", str(heads), "--key", str(key)]

    assert run(cli, ["audit", "verify", *paths, *given]).output.startswith("verified: 22 entries against")
    missing = run(cli, ["audit", "verify", *given])
    assert (missing.exit_code, "does not follow" in missing.output) == (1, True)
    found = run(cli, ["audit", "search", *paths, "--type", "workspaces.*", "--q", "number1 editor", "--from", "2026-01-05"])
    assert {json.loads(line)["id"] for line in found.output.splitlines()} == {"authz:4", "workspaces:4"}
    assert run(cli, ["audit", "search", *paths, "--from", "yesterday"]).exit_code == 2
    assert run(cli, ["audit", "seal", "--before", "January", "--to", str(tmp_path)]).exit_code == 2


@pytest.mark.parametrize(
    "filters",
    [
        {"actor": ADA},
        {"type": "workspaces.*"},
        {"type": "workspaces.member.joined", "q": "number3"},
        {"q": "NUMBER1 editor"},
        {"subject": str(STREAM), "since": TIMES[2], "until": TIMES[7]},
        {"workspace_id": str(VISION), "operator": False},
        {"correlation_id": "none"},
    ],
    ids=str,
)
def test_a_search_in_files_finds_what_the_same_search_in_the_journal_does(app: Audit, tmp_path: Path, filters: dict[str, Any]) -> None:
    in_journal = {row["id"] for row in app.views.entries(filters, 200, None)["items"]}
    in_files = {json.loads(line)["id"] for line in auditing.found([export(app, tmp_path)], filters)}
    assert in_files == in_journal
