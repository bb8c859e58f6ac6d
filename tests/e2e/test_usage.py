"""Usage as the platform tells it and members see it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.lasting import lasting
from tests.e2e.test_bad_input import refused
from tests.kit.installations import Installation
from tests.kit.people import Person
from tests.servers import eventually

olivia, ada = lasting("olivia"), lasting("ada")


@pytest.fixture(scope="module")
def operator(gatehouse: Installation) -> Person:
    """Who runs the platform, and belongs to none of the workspaces."""
    person = Person(gatehouse, "platform").arrived()
    gatehouse.run("operators", "add", person.email)
    eventually(lambda: person.get("/v1/account").json()["operator"])
    return person


def record(id: str, metric: str, quantity: Any, **ago: float) -> dict[str, Any]:
    return {"id": id, "metric": metric, "quantity": quantity, "at": (datetime.now(UTC) - timedelta(**ago)).isoformat()}


def usage(reader: Person, workspace: str) -> dict[str, Any]:
    answer = reader.get(f"{workspace}/usage")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(operator: Person, workspace: str, *records: Any) -> dict[str, Any]:
    """Once billing has heard of the workspace."""

    def answered() -> Any:
        answer = operator.post(f"{workspace}/usage", {"records": list(records)})
        return answer.json() if answer.status_code == 200 else None

    found: dict[str, Any] = eventually(answered)
    return found


@pytest.mark.feature("B-03")
def test_members_see_what_the_platform_reported_and_how_many_they_are(operator: Person, olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    olivia.welcome(vision, ada, role="viewer")
    bad = record("bad", "storage", -1)
    answer = told(operator, vision, record("s1", "storage", 700, hours=2), bad, record("s2", "storage", 500, hours=1))
    assert (answer["counted"], answer["repeated"]) == (2, 0)
    [item] = answer["refused"]
    assert (item["index"], item["id"], item["status"], list(item["errors"])) == (1, "bad", 422, ["quantity"])

    eventually(lambda: usage(ada, vision)["users"]["used"] == 2)
    shown = usage(ada, vision)
    assert (shown["storage"]["used"], shown["storage"]["limit"]) == (500, None)
    assert shown["period"]["closed"] is False


@pytest.mark.feature("B-03")
@pytest.mark.feature("G-07")
def test_calls_with_any_credential_are_counted_for_the_workspace_they_concern(gatehouse: Installation, olivia: Person) -> None:
    vision = olivia.workspace()
    pair = olivia.post(f"{vision}/credentials", {"label": "meter"}).json()
    sdk = Person(gatehouse, "sdk")
    for _ in range(10):
        assert sdk.call("GET", f"{vision}/members", auth=(pair["access_key"], pair["secret_key"])).status_code == 200
        assert olivia.get(f"{vision}/members?limit=0").status_code == 422
    calls = [*range(11)]

    def all_counted() -> bool:
        counted = usage(olivia, vision)["api_calls"]["used"]
        assert counted <= len(calls)
        # To look is to call.
        calls.append(counted)
        return counted >= 11

    eventually(all_counted)


def test_only_the_operator_reports_and_only_members_look(operator: Person, olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    refused(olivia.post(f"{vision}/usage", {"records": [record("a", "storage", 1)]}), 403, "operator_only")
    refused(ada.get(f"{vision}/usage"), 404, "workspace_not_found")
    refused(operator.post("/v1/workspaces/00000000-0000-4000-8000-000000000000/usage", {"records": [{}]}), 404, "workspace_not_found")
    refused(olivia.get(f"{vision}/usage?period=yesterday"), 422, "invalid_fields")
    told(operator, vision, record("a", "storage", 1))
    for records in ([], [record("a", "storage", 1)] * 1_001):
        refused(operator.post(f"{vision}/usage", {"records": records}), 422, "invalid_fields")
    deep = b'{"records": [' + b"[" * 900 + b"]" * 900 + b"]}"
    answer = operator.call("POST", f"{vision}/usage", data=deep, headers={"Content-Type": "application/json"})
    refused(answer, 422, "too_deep")


def test_a_token_of_the_operator_with_the_scope_reports_and_does_nothing_else(
    gatehouse: Installation, operator: Person, olivia: Person
) -> None:
    vision = olivia.workspace()
    platform = Person(gatehouse, "platform")
    platform.token = operator.post("/v1/account/tokens", {"name": "platform", "scopes": ["usage"]}).json()["token"]
    assert told(platform, vision, record("a", "storage", 42))["counted"] == 1
    assert usage(olivia, vision)["storage"]["used"] == 42
    refused(platform.get("/v1/account"), 403, "scope_missing")
    again = told(platform, vision, record("a", "storage", 43))
    assert [(item["status"], item["code"]) for item in again["refused"]] == [(409, "usage_id_taken")]
