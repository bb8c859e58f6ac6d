"""What happens in a workspace that has used all that its plan gives."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from tests.e2e.test_bad_input import refused
from tests.e2e.workspaces import arrived, invited
from tests.kit.installations import Installation, embedded
from tests.kit.people import Person
from tests.servers import eventually

PLANS = """
versions:
  - version: 1
    currency: EUR
    plans:
      free:
        name: Free
        limits: {members: 2, storage: 1_000, api_calls: 60}
"""


@pytest.fixture(scope="module")
def selling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Where everybody begins with a small plan."""
    state = tmp_path_factory.mktemp("selling")
    (state / "plans.yaml").write_text(PLANS)
    with embedded(state, GATEHOUSE_PLANS_FILE=str(state / "plans.yaml"), GATEHOUSE_USAGE_SECONDS="1") as running:
        yield running


@pytest.fixture(scope="module")
def operator(selling: Installation) -> Person:
    person = Person(selling, "operator")
    assert person.sign_up(setup_token=selling.setup_token).status_code == 201
    assert person.sign_in().status_code == 201
    return person


def store(operator: Person, workspace: str, id: str, quantity: int) -> Any:
    record = {"id": id, "metric": "storage", "quantity": quantity, "at": datetime.now(UTC).isoformat()}
    return operator.post(f"{workspace}/usage", {"records": [record]})


def put(person: Person, workspace: str, id: str, name: str = "a model") -> Any:
    return person.put(f"{workspace}/resources/model/{id}", {"name": name})


def live(token: str, selling: Installation, kind: str, name: str) -> Any:
    report = {"type": kind, "repo_url": "git@git.example:a/b.git", "baseline_sha": "9b" * 20, "name": name, "client": "dvclive", "step": 1}
    return Person(selling, "run").call("POST", "/api/live", report, headers={"Authorization": f"token {token}"})


def sold(person: Person) -> str:
    """A workspace whose plan has reached it."""
    workspace = person.workspace()
    eventually(lambda: person.get(workspace).json()["member_limit"] == 2)
    return workspace


@pytest.mark.feature("W-13")
@pytest.mark.feature("B-08")
def test_the_plans_number_of_members_is_the_limit_and_the_refusal_leads_to_the_plans(selling: Installation, operator: Person) -> None:
    [olivia] = arrived(selling, "olivia")
    vision = sold(olivia)
    invited(olivia, vision, email="guest@example.org")
    problem = refused(olivia.post(f"{vision}/invitations", {"email": "one-more@example.org"}), 429, "member_limit_reached")
    assert problem["errors"] == {"limit": 2, "upgrade": f"{vision}/subscription/changes"}
    users = olivia.get(f"{vision}/usage").json()["users"]
    assert (users["limit"], users["used"]) == (2, 1)


@pytest.mark.feature("B-08")
def test_full_storage_refuses_what_is_new_and_nothing_that_is_there(selling: Installation, operator: Person) -> None:
    [olivia] = arrived(selling, "olivia")
    vision = sold(olivia)
    token = olivia.post("/v1/account/tokens", {"name": "t", "scopes": ["experiments"], "workspace_ids": [vision[-36:]]}).json()["token"]
    assert put(olivia, vision, "known").status_code == 200
    assert live(token, selling, "start", "known").status_code == 200
    assert store(operator, vision, "s1", 1_000).json()["counted"] == 1

    names = count()
    eventually(lambda: put(olivia, vision, f"early-{next(names)}").status_code == 429)
    problem = refused(put(olivia, vision, "new"), 429, "storage_limit_reached")
    assert problem["errors"] == {"limit": 1_000, "upgrade": f"{vision}/subscription/changes"}
    assert "1000 of storage" in problem["detail"]
    assert live(token, selling, "start", "new").status_code == 429
    changes = [{"op": "put", "type": "model", "id": "known", "name": "renamed"}, {"op": "put", "type": "task", "id": "t", "name": "new"}]
    results = olivia.post(f"{vision}/resources:batch", {"changes": changes}).json()["results"]
    assert (results[0]["status"], results[1]["error"]["code"]) == ("renamed", "storage_limit_reached")

    assert olivia.get(f"{vision}/resources").status_code == 200
    assert live(token, selling, "done", "known").status_code == 200
    check = {"action": "modify", "resource": {"type": "model", "id": "known"}}
    assert olivia.post(f"{vision}/check", check).json()["allowed"]
    assert olivia.delete(f"{vision}/resources/model/known").status_code == 204
    assert olivia.get(f"{vision}/usage").json()["storage"]["available"] == 0

    assert store(operator, vision, "s2", 10).json()["counted"] == 1
    eventually(lambda: put(olivia, vision, "new").status_code == 200)


@pytest.mark.feature("B-08")
def test_when_the_calls_of_a_month_are_used_up_reading_goes_on(selling: Installation) -> None:
    [olivia] = arrived(selling, "olivia")
    vision = sold(olivia)

    def used_up() -> bool:
        usage = olivia.get(f"{vision}/usage")
        assert usage.status_code == 200
        return bool(usage.json()["api_calls"]["available"] == 0)

    eventually(used_up)
    names = count()
    eventually(lambda: put(olivia, vision, f"early-{next(names)}").json().get("code") == "api_calls_limit_reached")
    assert olivia.get(f"{vision}/members").status_code == 200
