"""Calls counted by workspace: which ones, kept how, told under which names."""

import base64
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway import service
from gateway import spool as spooling
from gateway.access import Access
from gateway.app import create_app
from gateway.metering import QUARTER, Meter
from gateway.spool import Spool
from services.chassis.errors import InternalError, Unauthenticated, Unavailable
from services.chassis.rpc_client import Answer
from services.chassis.settings import SettingError, Settings

VISION, AUDIO, ADA, SESSION = (f"5b3c2f0e-0000-4000-8000-00000000000{number}" for number in (1, 2, 3, 4))
NOON = 1_795_176_000


class Billing:
    """Counts what it is told, each name once, as the real one does."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, int], dict[str, Any]] = {}
        self.told = 0
        self.refusal: Exception | None = None

    def call(self, service: str, method: str, payload: dict[str, Any]) -> None:
        assert (service, method) == ("billing", "count_calls")
        if self.refusal:
            raise self.refusal
        self.told += 1
        known = self.known.setdefault((payload["gateway"], payload["sequence"]), payload)
        assert known == payload, "one name for two reports"

    @property
    def figures(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for report in self.known.values():
            found.update(report["counts"])
        return found


@pytest.fixture
def billing() -> Billing:
    return Billing()


class Clock:
    now = float(NOON)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meter(tmp_path: Path, billing: Billing, clock: Clock) -> Meter:
    return Meter(billing.call, Spool(tmp_path / "calls"), 60, clock)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.feature("G-07")
def test_calls_are_reported_by_workspace_and_nothing_is_left(meter: Meter, billing: Billing, tmp_path: Path) -> None:
    for workspace in (VISION, AUDIO, VISION):
        meter.add(workspace)

    assert meter.flush()
    assert billing.figures == {VISION: 2, AUDIO: 1}
    assert files(tmp_path) == []
    assert meter.flush()
    assert billing.told == 1


@pytest.mark.parametrize("refusal", [Unavailable("service_unavailable"), InternalError()])
def test_what_billing_does_not_take_is_told_again_under_its_name(
    meter: Meter, billing: Billing, tmp_path: Path, refusal: Exception
) -> None:
    billing.refusal = refusal
    for _ in range(50):
        meter.add(VISION)
        assert not meter.flush()
    # One that is told of and one that is counted in, however long billing is away.
    assert len(files(tmp_path)) == 2

    billing.refusal = None
    meter.flush()
    meter.flush()
    assert billing.figures == {VISION: 50}
    assert files(tmp_path) == []


def test_a_report_whose_answer_was_lost_counts_once(meter: Meter, billing: Billing) -> None:
    def lost(*told: Any) -> None:
        billing.call(*told)
        raise Unavailable("service_unavailable")

    meter._call = lost
    meter.add(VISION)
    meter.flush()
    meter._call = billing.call
    meter.add(VISION)
    meter.flush()
    meter.flush()
    assert (billing.figures, billing.told) == ({VISION: 2}, 3)


def test_calls_of_two_quarters_of_an_hour_are_told_apart(meter: Meter, billing: Billing, clock: Clock) -> None:
    meter.add(VISION)
    clock.now += QUARTER - 0.001
    meter.add(VISION)
    clock.now += 0.001
    meter.add(VISION)
    meter.flush()
    meter.flush()

    found = [(report["since"], report["counts"]) for report in billing.known.values()]
    assert found == [("2026-11-20T12:00:00+00:00", {VISION: 2}), ("2026-11-20T12:15:00+00:00", {VISION: 1})]


def test_more_workspaces_than_one_file_has_room_for_take_another(meter: Meter, billing: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooling, "SLOTS", 3)
    workspaces = [str(uuid4()) for _ in range(8)]
    for workspace in workspaces * 2:
        meter.add(workspace)
    meter.flush()
    meter.flush()
    assert billing.figures == dict.fromkeys(workspaces, 2)


def test_a_disk_without_room_costs_no_count(meter: Meter, billing: Billing, tmp_path: Path) -> None:
    folder = next((tmp_path / "calls").iterdir())
    folder.rmdir()
    meter.add(VISION)
    meter.add(VISION)
    assert not meter.flush()
    assert billing.figures == {}

    folder.mkdir()
    meter.flush()
    assert billing.figures == {VISION: 2}


def test_what_a_dead_gateway_left_is_told_by_the_next_and_a_living_one_keeps_its_own(tmp_path: Path, billing: Billing) -> None:
    dead, living = Spool(tmp_path), Spool(tmp_path)
    dead.add(VISION, NOON)
    living.add(AUDIO, NOON)
    dead.close()

    Meter(billing.call, Spool(tmp_path), 60).flush()
    assert billing.figures == {VISION: 1}
    assert not (tmp_path / dead.gateway).exists()
    assert (tmp_path / living.gateway).exists()


KILLED = """
import sys
from pathlib import Path
from gateway.spool import Spool
spool = Spool(Path(sys.argv[1]))
for number in range(1, 10**9):
    spool.add(sys.argv[2], 1_795_176_000)
    if number % 1_000 == 0:
        print(number, flush=True)
    if number % 2_500 == 0:
        spool.seal()
"""


@pytest.mark.feature("G-07")
def test_a_gateway_killed_at_any_instant_has_lost_no_call(tmp_path: Path, billing: Billing) -> None:
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path), VISION], stdout=subprocess.PIPE, text=True)
    assert child.stdout
    told = [int(child.stdout.readline()) for _ in range(7)][-1]
    os.kill(child.pid, signal.SIGKILL)
    told = max([told, *map(int, child.stdout.read().split())])
    child.wait()
    child.stdout.close()

    Meter(billing.call, Spool(tmp_path), 60).flush()
    counted = billing.figures[VISION]
    # It had counted on, unheard, when it was killed.
    assert told <= counted < told + 1_000


def test_a_file_that_was_only_begun_is_no_report(tmp_path: Path, billing: Billing) -> None:
    dead = Spool(tmp_path)
    dead.close()
    (tmp_path / dead.gateway / f"1-{NOON}").write_bytes(bytes(1_001))
    meter = Meter(billing.call, Spool(tmp_path), 60)
    assert meter.flush()
    assert (billing.told, files(tmp_path)) == (0, [])


SESSION_ROW = {
    "account_id": ADA,
    "session_id": SESSION,
    "address_ids": [],
    "operator": True,
    "expires_at": "2099-01-01T00:00:00+00:00",
}
PAIR = "Basic " + base64.b64encode(b"A" * 30 + b":gk_secret").decode()


class Services:
    """One session and one key pair, of an operator who may view one workspace."""

    def call(self, service: str, method: str, payload: dict[str, Any]) -> Answer:
        if method == "authenticate":
            return Answer(SESSION_ROW, 0)
        if method == "authenticate_key_pair":
            return Answer({"credential_id": SESSION, "account_id": ADA, "workspace_id": AUDIO, "address_ids": [], "expires_at": None}, 0)
        if method.startswith("authenticate"):
            raise Unauthenticated("credential_invalid")
        if method == "role":
            return Answer({"role": "viewer" if payload["workspace_id"] in (VISION, AUDIO) else None, "expires_at": None}, 0)
        if method == "report_usage":
            return Answer({"counted": 1, "repeated": 0, "refused": []}, 0)
        return Answer({"items": [], "next_cursor": None}, 0)


@pytest.mark.feature("G-07")
@pytest.mark.parametrize(
    ("method", "path", "authorization", "counted"),
    [
        ("GET", f"/v1/workspaces/{VISION}/members", "Bearer gs_of-ada", VISION),
        ("GET", f"/v1/workspaces/{AUDIO}/members", PAIR, AUDIO),
        ("GET", "/clearml/v2.30/auth.get_credentials", PAIR, AUDIO),
        ("GET", "/clearml/nothing.at_all", PAIR, ""),
        ("PATCH", f"/v1/workspaces/{VISION}", "Bearer gs_of-ada", ""),
        ("GET", f"/v1/workspaces/{UUID(int=7)}/members", "Bearer gs_of-ada", ""),
        ("GET", f"/v1/workspaces/{VISION}/members?limit=0", "Bearer gs_of-ada", ""),
        ("GET", f"/v1/workspaces/{VISION}/members", "", ""),
        ("GET", "/v1/sessions", "Bearer gs_of-ada", ""),
        ("GET", "/healthz", "", ""),
        ("POST", f"/v1/workspaces/{VISION}/usage", "Bearer gs_of-ada", ""),
    ],
)
def test_a_call_that_is_answered_well_counts_for_the_workspace_it_concerns(
    tmp_path: Path, billing: Billing, method: str, path: str, authorization: str, counted: str
) -> None:
    meter = Meter(billing.call, Spool(tmp_path), 60)
    client = create_app(Settings(secret_key="k" * 32), Services(), Access(), dict, meter.note).test_client()
    body = {"records": [1]} if method == "POST" else {"name": "x"} if method == "PATCH" else None

    client.open(path, method=method, headers={"Authorization": authorization} if authorization else {}, json=body)

    meter.flush()
    assert billing.figures == ({counted: 1} if counted else {})


def test_a_workspace_is_found_again_by_its_whole_id(tmp_path: Path) -> None:
    ids = [str(UUID(int=number)) for number in (1, 2**64, 2**64 + 1, 2**128 - 1)]
    spool = Spool(tmp_path)
    for id in ids:
        spool.add(id, NOON, 7)
    spool.seal()
    assert spool.sealed()[0].counts() == dict.fromkeys(ids, 7)
    shutil.rmtree(tmp_path / spool.gateway)


def test_a_folder_that_cannot_be_written_ends_the_start_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(SettingError, match=r"^GATEHOUSE_STATE: cannot write to .*state: Not a directory$"):
        service.spooling(tmp_path / "state")
