"""An administrator's way: a workspace's entries written out, proved, told; and an operator's, who sends them on."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit.installations import Installation, embedded
from tests.kit.people import PASSWORD, Person
from tests.servers import eventually


@pytest.fixture(scope="module")
def gatehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    state = tmp_path_factory.mktemp("exported")
    sinks = f'[copy]\ntype = "file"\npath = "{state}/copy.cef"\nformat = "cef"\n[siem]\ntype = "syslog"\naddress = "localhost:9"\n'
    (state / "sinks.toml").write_text(sinks)
    with embedded(state, GATEHOUSE_AUDIT_HEAD_SECONDS="1", GATEHOUSE_AUDIT_SINKS_FILE=str(state / "sinks.toml")) as running:
        yield running


@pytest.fixture(scope="module")
def olivia(gatehouse: Installation) -> Person:
    """No operator: that is whoever came first."""
    assert Person(gatehouse, "operator").sign_up(setup_token=gatehouse.setup_token).ok
    return Person(gatehouse, "olivia").arrived()


@pytest.fixture(scope="module")
def ada(gatehouse: Installation) -> Person:
    return Person(gatehouse, "ada").arrived()


@pytest.fixture(scope="module")
def workspace(olivia: Person, ada: Person) -> str:
    """Made by Olivia, with Ada in it, whose entries are in the journal."""
    olivia.call("PATCH", "/v1/account", {"first_name": "Olivia", "last_name": "Ops"})
    ada.call("PATCH", "/v1/account", {"first_name": "Ada", "last_name": "Lovelace"})
    path = olivia.workspace("=Vision |1\\")
    olivia.welcome(path, ada)
    eventually(lambda: len(olivia.get(f"{path}/audit").json()["items"]) >= 4)
    return path


def export(person: Person, workspace: str, **query: str) -> str:
    answer = person.get(f"{workspace}/audit/export", params=query)
    assert answer.status_code == 200, answer.text
    return answer.text


def ids(person: Person, workspace: str, **query: str) -> list[str]:
    return [entry["id"] for entry in person.get(f"{workspace}/audit", params={"limit": 200, **query}).json()["items"]]


def test_every_format_has_the_entries_that_the_list_has(olivia: Person, workspace: str) -> None:
    listed = ids(olivia, workspace, type="workspaces.*")
    lines = {format: export(olivia, workspace, format=format, type="workspaces.*") for format in ("jsonl", "csv", "cef", "ocsf")}
    assert [json.loads(line)["entry"]["id"] for line in lines["jsonl"].splitlines()] == listed
    assert [row["id"] for row in csv.DictReader(io.StringIO(lines["csv"]))] == listed
    assert [f" externalId={id} " in line for id, line in zip(listed, lines["cef"].splitlines(), strict=True)] == [True] * len(listed)
    assert [json.loads(line)["metadata"]["uid"] for line in lines["ocsf"].splitlines()] == listed


def test_an_export_goes_on_after_the_last_whole_line_and_is_on_record(olivia: Person, workspace: str) -> None:
    whole = export(olivia, workspace, format="csv", type="workspaces.*").splitlines(keepends=True)
    third = next(csv.reader([whole[2]]))[0]
    assert export(olivia, workspace, format="csv", type="workspaces.*", after=third) == "".join(whole[3:])

    def recorded() -> list[dict[str, Any]]:
        found = olivia.get(f"{workspace}/audit", params={"type": "audit.entries.exported"}).json()["items"]
        return [entry["changes"] for entry in found if entry["actor"] == olivia.account["id"]]

    eventually(lambda: {"format": "csv", "after": third, "filters": ["type"]} in recorded())


def test_entries_are_for_administrators_of_their_workspace_alone(olivia: Person, ada: Person, workspace: str) -> None:
    for path in ("export", "proofs/inclusion?id=workspaces:1", "proofs/consistency?source=workspaces&first=0&second=0"):
        assert ada.get(f"{workspace}/audit/{path}").status_code == 403
        assert olivia.get(f"/v1/audit/{path.replace('export', 'export?format=jsonl')}").status_code == 403
    elsewhere = ada.workspace("elsewhere")
    theirs = eventually(lambda: ids(ada, elsewhere))[0]
    assert olivia.get(f"{workspace}/audit/proofs/inclusion", params={"id": theirs}).status_code == 404
    assert olivia.get(f"{workspace}/audit/export", params={"after": theirs}).status_code == 404


@pytest.mark.parametrize("query", ["format=xml", "after=x", "limit=5", "from=yesterday", "order=newest"])
def test_an_export_that_makes_no_sense_is_refused_before_its_first_line(olivia: Person, workspace: str, query: str) -> None:
    assert olivia.get(f"{workspace}/audit/export?{query}").status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        "proofs/inclusion",
        "proofs/inclusion?id=workspaces",
        "proofs/inclusion?id=workspaces:1&tree_size=-1",
        "proofs/inclusion?id=workspaces:1&tree_size=99999999999999999999",
        "proofs/consistency?source=workspaces&first=1",
        "proofs/consistency?source=workspaces&first=2&second=1",
        "proofs/consistency?source=workspaces&first=0&second=99999999999999999999",
    ],
)
def test_a_proof_that_there_cannot_be_is_refused(olivia: Person, workspace: str, query: str) -> None:
    assert olivia.get(f"{workspace}/audit/{query}").status_code == 422


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "99999999999999999999"])
def test_heads_after_none_that_there_can_be_are_refused(gatehouse: Installation, after: str) -> None:
    assert Person(gatehouse, "outsider").get(f"/v1/audit/heads?after={after}").status_code == 422


def test_an_entry_is_proved_to_whoever_has_heads_and_key(gatehouse: Installation, olivia: Person, workspace: str, tmp_path: Path) -> None:
    own, outsider = ids(olivia, workspace)[0], Person(gatehouse, "outsider")
    proof = eventually(lambda: (answer := olivia.get(f"{workspace}/audit/proofs/inclusion", params={"id": own})).ok and answer.text)
    (tmp_path / "proof.json").write_text(proof)
    (tmp_path / "heads.jsonl").write_text(outsider.get("/v1/audit/heads").text)
    (tmp_path / "key.json").write_text(outsider.get("/v1/audit/key").text)
    files = (str(tmp_path / "proof.json"), "--heads", str(tmp_path / "heads.jsonl"), "--key", str(tmp_path / "key.json"))
    assert gatehouse.run("audit", "verify-proof", *files).startswith(f"verified: {own} is entry ")
    (tmp_path / "proof.json").write_text(proof.replace(olivia.account["id"], "00000000-0000-4000-8000-000000000000"))
    done = gatehouse.command("audit", "verify-proof", *files)
    assert (done.returncode, "Error: " in done.stderr) == (1, True)
    last = json.loads((tmp_path / "heads.jsonl").read_text().splitlines()[-1])["number"]
    assert all(json.loads(line)["number"] > last for line in outsider.get(f"/v1/audit/heads?after={last}").text.splitlines())


def test_sinks_are_listed_and_a_failing_one_disturbs_nobody(gatehouse: Installation, olivia: Person, workspace: str) -> None:
    copied = eventually(lambda: (text := (gatehouse.state / "copy.cef").read_text()) and ids(olivia, workspace)[0] in text and text)
    assert all(line.startswith("CEF:0|Gatehouse|") for line in copied.splitlines())
    listed = eventually(lambda: "failing" in (text := gatehouse.run("audit", "sinks")) and text)
    assert "sending" in next(line for line in listed.splitlines() if "copy" in line)
    assert "localhost is inside" in next(line for line in listed.splitlines() if "siem" in line)
    assert Person(gatehouse, "probe").get("/readyz").status_code == 200
    assert 'gatehouse_audit_sink_failures_total{sink="siem"}' in Person(gatehouse, "probe").get("/metrics").text
    assert gatehouse.run("audit", "sinks", "enable", "siem") == "siem is enabled\n"
    done = gatehouse.command("audit", "sinks", "forget", "siem")
    assert (done.returncode, "take it out of the file" in done.stderr) == (2, True)


def test_a_history_is_told_with_names_until_somebody_is_erased(
    gatehouse: Installation, olivia: Person, ada: Person, workspace: str
) -> None:
    id = workspace.rpartition("/")[2]
    told = gatehouse.run("audit", "replay", "--workspace", id)
    sentences = [line[21:] for line in told.splitlines()]
    assert sentences[:4] == [
        "Olivia Ops made the workspace “=Vision |1\\”",
        "Olivia Ops joined as admin",
        next(line for line in sentences if line.startswith("Olivia Ops invited somebody as editor, until ")),
        "Ada Lovelace joined as editor",
    ]
    assert ada.delete("/v1/account", {"password": PASSWORD, "confirm": ada.account["username"]}).ok
    eventually(lambda: "workspaces.member.left" in [entry["type"] for entry in olivia.get(f"{workspace}/audit").json()["items"]])
    told = gatehouse.run("audit", "replay", "--workspace", id, "--from", "2026-01-01", "--speed", "1000000")
    assert "erased joined as editor" in told
    assert "Lovelace" not in told
    assert "The command line had this history written out as replay" in told
    assert (
        gatehouse.run("audit", "replay", "--workspace", id, "--to", "2001-01-01") == "nothing is on record of this workspace in that time\n"
    )
