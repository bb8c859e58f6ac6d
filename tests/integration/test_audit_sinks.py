"""Sinks: whatever becomes of a receiver, it has every entry in the end, in order, and nobody else is disturbed."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from psycopg import OperationalError

from services.audit.application import Audit
from services.audit.projections import Journal
from services.audit.service import SPEC
from services.audit.sinks import config, states
from services.audit.sinks.sender import Sender
from services.chassis import schema
from services.chassis.public import PublicEvent
from services.chassis.settings import Settings
from services.chassis.sinks import ProjectionSink
from tests.builders.public_events import events
from tests.kit.receiver import Receiver, receiver
from tests.servers import eventually

VISION, SPEECH = UUID(int=1), UUID(int=2)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AUTHORIZATION = "Splunk the-token-of-the-tests"


def log(source: str, count: int) -> list[PublicEvent]:
    said = events(source, *[(f"{source}.thing.changed", {"text": "x" * 200})] * count)
    return [replace(event, workspace_id=str((VISION, SPEECH)[number % 2])) for number, event in enumerate(said)]


def heard(app: Audit, counts: dict[str, int]) -> None:
    sink = ProjectionSink(Journal(), app.database)
    for source, count in counts.items():
        sink.apply(log(source, count))


def ids(counts: dict[str, int]) -> set[str]:
    return {event.id for source, count in counts.items() for event in log(source, count)}


@pytest.fixture
def app(settings: Settings, tmp_path: Path) -> Iterator[Audit]:
    chosen = {"audit_sinks_file": str(tmp_path / "sinks.toml"), "audit_sink_networks": "127.0.0.0/8", "audit_sink_attempts": 1_000}
    app = Audit.connect(replace(settings, **chosen))  # type: ignore[arg-type]
    with app.database.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS audit CASCADE")
    schema.create(app.database, SPEC.tables)
    yield app
    app.close()


def configured(app: Audit, text: str) -> None:
    Path(app.settings.audit_sinks_file).write_text(text)


def table(siem: Receiver) -> str:
    if siem.kind == "https":
        (siem.folder / "secret").write_text(SECRET)
        (siem.folder / "authorization").write_text(AUTHORIZATION)
        secrets = f'secret_file = "{siem.folder}/secret"\nauthorization_file = "{siem.folder}/authorization"'
        return f'[siem]\ntype = "https"\nurl = "https://127.0.0.1:{siem.port}/collect"\nca_file = "{siem.folder}/cert.pem"\n{secrets}\n'
    tls = f'ca_file = "{siem.folder}/cert.pem"' if siem.kind == "tls" else "tls = false"
    return f'[siem]\ntype = "syslog"\naddress = "127.0.0.1:{siem.port}"\n{tls}\n'


@contextmanager
def sending(app: Audit, senders: int = 1, attempts: int = 1_000) -> Iterator[None]:
    stop = threading.Event()
    targets = config.read(app.settings).items()
    made = [Sender(app, name, target, attempts, pause=0.02) for name, target in targets for _ in range(senders)]
    threads = [threading.Thread(target=sender.run, args=(stop,)) for sender in made]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def entries(lines: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line[line.index(b"{") :])["entry"] for line in lines]


def once(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Without the repeats, which each receiver can tell by id."""
    seen: set[str] = set()
    for entry in found:
        if entry["id"] not in seen:
            seen.add(entry["id"])
            yield entry


@pytest.mark.parametrize("kind", ["tcp", "tls", "https"])
def test_a_receiver_killed_in_the_middle_has_every_entry_in_order_in_the_end(app: Audit, tmp_path: Path, kind: str) -> None:
    counts = {"identity": 60, "workspaces": 90}
    with receiver(kind, tmp_path) as siem:
        configured(app, table(siem))
        heard(app, counts)
        siem.start(die_after=70)
        with sending(app):
            eventually(siem.died)
            assert app.sinks.acknowledged() == {"siem": {}}
            siem.start(die_after=100)
            eventually(siem.died)
            counts = {"identity": 100, "workspaces": 140}
            heard(app, counts)
            siem.start()
            eventually(lambda: app.sinks.acknowledged() == {"siem": {"identity": 200, "workspaces": 280}})
    found = list(once(entries(siem.taken)))
    assert {entry["id"] for entry in found} == ids(counts)
    for chain in {(entry["source"], entry["workspace_id"]) for entry in found}:
        positions = [entry["position"] for entry in found if (entry["source"], entry["workspace_id"]) == chain]
        assert positions == sorted(positions)
    assert app.sinks.all()["siem"]["failures"] == 0


@pytest.mark.parametrize("kind", ["tcp", "tls"])
def test_a_receiver_that_dies_with_all_in_hand_is_not_believed_to_have_it(app: Audit, tmp_path: Path, kind: str) -> None:
    with receiver(kind, tmp_path) as siem:
        configured(app, table(siem))
        heard(app, {"workspaces": 3})
        siem.start(die_after=2)
        with sending(app):
            eventually(siem.died)
            eventually(lambda: app.sinks.all()["siem"]["failures"] > 1)
            assert app.sinks.acknowledged() == {"siem": {}}
            siem.start()
            eventually(lambda: app.sinks.acknowledged() == {"siem": {"workspaces": 6}})
    assert [entry["position"] for entry in once(entries(siem.taken))] == [2, 4, 6]


def test_what_an_https_receiver_gets_is_signed_and_brings_its_own_authorization(app: Audit, tmp_path: Path) -> None:
    with receiver("https", tmp_path) as siem:
        configured(app, table(siem))
        heard(app, {"identity": 3})
        siem.start()
        with sending(app):
            eventually(lambda: len(siem.taken) == 3)
    headers = dict(line.split(": ", 1) for line in (tmp_path / "headers").read_text().splitlines())
    assert headers["Authorization"] == AUTHORIZATION
    page = (Path(__file__).parents[2] / "docs" / "audit.md").read_text()
    told: dict[str, Any] = {}
    exec(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1], told)  # type: ignore[index]
    body = (tmp_path / "body").read_bytes()
    assert told["entries"](headers, body, SECRET) == [json.loads(line) for line in siem.taken]
    for wrong in ({"webhook-timestamp": "1"}, {"webhook-id": "msg_other"}, {"webhook-signature": "v1,AAAA"}):
        with pytest.raises(ValueError, match="not from Gatehouse"):
            told["entries"](headers | wrong, body, SECRET)
    with pytest.raises(ValueError, match="not from Gatehouse"):
        told["entries"](headers, body + b"{}", SECRET)


def test_what_was_delivered_but_not_noted_is_sent_again(app: Audit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, outages = tmp_path / "copy", [OperationalError("the database went away")]
    configured(app, f'[copy]\ntype = "file"\npath = "{path}"\n')
    heard(app, {"workspaces": 2})
    save = states.save_delivered

    def away_at_first(*what: Any) -> None:
        if outages:
            raise outages.pop()
        save(*what)

    monkeypatch.setattr("services.audit.sinks.states.save_delivered", away_at_first)
    with sending(app):
        eventually(lambda: app.sinks.acknowledged() == {"copy": {"workspaces": 4}})
    assert [entry["position"] for entry in entries(path.read_bytes().splitlines())] == [2, 4, 2, 4]


def test_of_several_workers_one_sends_and_another_takes_over_where_it_was(app: Audit, tmp_path: Path) -> None:
    path = tmp_path / "trail.cef"
    configured(app, f'[copy]\ntype = "file"\npath = "{path}"\nformat = "cef"\n')
    heard(app, {"workspaces": 40})
    with sending(app, senders=3):
        eventually(lambda: app.sinks.acknowledged() == {"copy": {"workspaces": 80}})
    heard(app, {"workspaces": 50})
    with sending(app):
        eventually(lambda: app.sinks.acknowledged() == {"copy": {"workspaces": 100}})
    told = [re.search(r"externalId=(\S+)", line)[1] for line in path.read_text().splitlines()]  # type: ignore[index]
    assert told == [event.id for event in log("workspaces", 50)]


def test_a_sink_that_fails_again_and_again_is_disabled_with_a_notice_until_it_is_enabled(
    app: Audit, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with receiver("https", tmp_path) as siem:
        configured(app, table(siem) + f'[copy]\ntype = "file"\npath = "{tmp_path}/copy"\n')
        heard(app, {"workspaces": 5})
        with sending(app, attempts=3):
            eventually(lambda: app.sinks.all()["siem"]["disabled_at"])
            eventually(lambda: app.sinks.acknowledged()["copy"] == {"workspaces": 10})
            assert app.sinks.all()["siem"]["error"] == "Connection refused"
            assert app.sinks.acknowledged()["siem"] == {}
            siem.start()
            assert "the sink siem is disabled: Connection refused" in caplog.text
            app.enable_sink("siem")
            app.enable_sink("siem")
            eventually(lambda: app.sinks.acknowledged()["siem"] == {"workspaces": 10})
    said = [app.mapper.to_domain_event(notification) for notification in app.log.select_notifications(1, 10)]
    assert [(event.name, event.enabled, event.reason) for event in said] == [("siem", False, "Connection refused"), ("siem", True, "")]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"audit_sink_networks": ""}, "127.0.0.1 is inside: its network is not among those allowed"),
        ({"path": "/elsewhere"}, "it answered 302"),
        ({"ca_file": ""}, "its certificate is not accepted: self-signed certificate"),
    ],
    ids=["inside", "redirect", "unknown certificate"],
)
def test_where_an_https_sink_does_not_go(app: Audit, tmp_path: Path, change: dict[str, str], error: str) -> None:
    with receiver("https", tmp_path) as siem:
        text = table(siem).replace("/collect", change.get("path", "/collect"))
        configured(app, re.sub(r"ca_file.*\n", "", text) if "ca_file" in change else text)
        if "audit_sink_networks" in change:
            app.settings = replace(app.settings, audit_sink_networks="")
        heard(app, {"workspaces": 1})
        siem.start()
        with sending(app):
            eventually(lambda: app.sinks.all()["siem"]["error"] == error)
    assert siem.taken == []


def test_a_sink_that_is_forgotten_keeps_nothing_back(app: Audit, tmp_path: Path) -> None:
    configured(app, f'[copy]\ntype = "file"\npath = "{tmp_path}/copy"\n')
    heard(app, {"workspaces": 1})
    with sending(app):
        eventually(lambda: app.sinks.acknowledged() == {"copy": {"workspaces": 2}})
    app.sinks.forget("copy")
    assert app.sinks.acknowledged() == {}
