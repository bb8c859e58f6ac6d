"""An auditor's way: heads and key are kept, the trail is exported, and both are compared without a server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.billing.catalogue import EXAMPLE
from tests.e2e.routes import ASKS, CHANGES, PAYING, World
from tests.kit.installations import Installation, embedded
from tests.kit.people import Person
from tests.servers import eventually
from tests.unit.test_gateway_http import application


@pytest.fixture(scope="module")
def gatehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    state = tmp_path_factory.mktemp("audited")
    with embedded(
        state, GATEHOUSE_PLANS_FILE=str(EXAMPLE), GATEHOUSE_AUDIT_HEAD_SECONDS="1", GATEHOUSE_AUDIT_HEADS_FILE=str(state / "heads.jsonl")
    ) as running:
        yield running


@pytest.fixture(scope="module")
def operator(gatehouse: Installation) -> Person:
    person = Person(gatehouse, "operator")
    for answer in (person.sign_up(setup_token=gatehouse.setup_token), person.sign_in()):
        assert answer.ok, answer.text
    return person


def checkpoints(person: Person, workspace: str) -> list[dict[str, Any]]:
    answer = person.get(f"{workspace}/audit/checkpoints", params={"limit": 200})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_an_export_is_verified_offline_and_a_missing_line_is_named(gatehouse: Installation, operator: Person, tmp_path: Path) -> None:
    workspace = operator.workspace()
    eventually(lambda: "workspaces" in checkpoints(operator, workspace)[-1].get("trees", {}), within=30)
    heads, key, export = (tmp_path / name for name in ("heads.jsonl", "key.json", "export.jsonl"))
    heads.write_text("".join(json.dumps(record) + "\n" for record in checkpoints(operator, workspace)))
    key.write_text(Person(gatehouse, "anybody").get("/v1/audit/key").text)
    export.write_bytes(operator.get("/v1/audit/export").content)
    files = (str(export), "--heads", str(heads), "--key", str(key))

    assert gatehouse.run("audit", "verify", *files).startswith(f"verified: {len(export.read_bytes().splitlines())} entries")
    kept = [json.loads(line) for line in (gatehouse.state / "heads.jsonl").read_text().splitlines()]
    assert kept[:2] == [json.loads(line) for line in heads.read_text().splitlines()[:2]]

    lines = export.read_bytes().splitlines(keepends=True)
    export.write_bytes(b"".join(lines[1:]))
    done = gatehouse.command("audit", "verify", *files)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: {json.loads(lines[1])['entry']['id']} does not follow")


def test_an_export_goes_on_after_an_entry_and_is_on_record(operator: Person) -> None:
    whole = operator.get("/v1/audit/export").text.splitlines()
    third = json.loads(whole[2])["entry"]["id"]
    rest = operator.get("/v1/audit/export", params={"after": third}).text.splitlines()
    assert rest[: len(whole) - 3] == whole[3:]

    def recorded() -> list[str]:
        items = operator.get("/v1/audit", params={"type": "audit.journal.exported", "limit": 200}).json()["items"]
        return [entry["changes"]["after"] for entry in items if entry["actor"] == operator.account["id"]]

    eventually(lambda: recorded()[-2:] == ["", third], within=20)


@pytest.mark.parametrize("after", ["", "workspaces", "workspaces:x", "1:1", "workspaces:1234567890123456789"])
def test_an_export_begins_after_no_entry_that_there_cannot_be(operator: Person, after: str) -> None:
    assert operator.get("/v1/audit/export", params={"after": after}).status_code == 422


def test_the_whole_trail_is_the_operators_alone(gatehouse: Installation) -> None:
    assert Person(gatehouse, "olivia").arrived().get("/v1/audit/export").status_code == 403


def test_the_key_is_replaced_on_the_command_line(gatehouse: Installation, operator: Person) -> None:
    assert gatehouse.run("audit", "rotate-key").startswith("signing with ")
    keys = operator.get("/v1/audit/key").json()["keys"]
    assert len(keys) >= 2
    assert len({key["public_key"] for key in keys}) == len(keys)


def test_what_a_client_claims_is_kept_as_a_claim_and_an_operator_is_told_apart(gatehouse: Installation, operator: Person) -> None:
    claims = {"X-Request-ID": "their-request", "X-Actor": "root", "X-Correlation-ID": "forged", "User-Agent": "curl/8"}
    claims |= {"X-Forwarded-For": f"198.51.100.1, {operator.ip}"}
    made = operator.post("/v1/workspaces", {"name": "claims"}, headers=claims)
    ada = Person(gatehouse, "ada").arrived()
    hers = ada.post("/v1/workspaces", {"name": "hers"}, headers={"X-Actor": "ada@example.org"})

    def entry_of(answer: Any) -> dict[str, Any]:
        found = operator.get("/v1/audit", params={"correlation": answer.headers["X-Correlation-ID"], "type": "workspaces.workspace.*"})
        return dict(found.json()["items"][0])

    entry = eventually(lambda: entry_of(made))
    assert (entry["claimed_request_id"], entry["claimed_actor"], entry["operator"]) == ("their-request", "root", True)
    assert (entry["actor"], entry["ip"], entry["user_agent"]) == (operator.account["id"], operator.ip, "curl/8")
    entry = eventually(lambda: entry_of(hers))
    assert (entry["actor"], entry["operator"], entry["claimed_actor"]) == (ada.account["id"], False, None)
    assert operator.get("/v1/audit", params={"correlation": "forged"}).json()["items"] == []


def test_an_administrator_reads_the_own_workspace_and_nobody_else_does(gatehouse: Installation, operator: Person) -> None:
    ada, bob = (Person(gatehouse, name).arrived() for name in ("ada", "bob"))
    workspace = ada.workspace()
    ada.welcome(workspace, bob)
    assert ada.get(f"{workspace}/audit", params={"type": "workspaces.*", "q": "vision", "order": "newest"}).status_code == 200
    assert bob.get(f"{workspace}/audit").status_code == 403
    assert operator.get(f"{workspace}/audit").status_code == 404
    assert ada.get("/v1/audit").status_code == 403


def changing() -> set[str]:
    """Routes whose method may change something."""
    rules = application().url_map.iter_rules()
    return {f"{method} {rule.rule}" for rule in rules for method in rule.methods or () if method in ("POST", "PUT", "PATCH", "DELETE")}


def test_every_route_that_changes_something_is_one_of_the_table() -> None:
    assert changing() == ASKS | PAYING | CHANGES.keys()
    assert not ASKS & CHANGES.keys()


def test_every_route_that_changes_something_leaves_an_entry(gatehouse: Installation, operator: Person) -> None:
    world, made = World(gatehouse, operator), {}
    for route, request in CHANGES.items():
        answer = request(world)
        assert answer.status_code < 400, f"{route}: {answer.status_code} {answer.text}"
        made[route] = answer.headers["X-Correlation-ID"]

    def told() -> bool:
        lines = operator.get("/v1/audit/export").text.splitlines()
        known = {json.loads(line)["entry"]["correlation_id"] for line in lines}
        assert [route for route, correlation_id in made.items() if correlation_id not in known] == []
        return True

    eventually(told, every=1)
