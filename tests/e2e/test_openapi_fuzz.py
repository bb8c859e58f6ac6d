"""Requests made up from the OpenAPI document: whatever comes, nothing breaks."""

import copy
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error

from tests.kit.installations import Installation
from tests.kit.people import Person
from tests.workers import take_turn

GONE_AFTERWARDS = {("delete", "/v1/workspaces/{workspace_id}"), ("delete", "/v1/workspaces/{workspace_id}/members/{account_id}")}


@pytest.fixture(scope="module")
def explorer(gatehouse: Installation) -> Person:
    return Person(gatehouse, "explorer").arrived()


@pytest.fixture(scope="module")
def api(gatehouse: Installation, explorer: Person) -> Any:
    """The document, with ids of things that exist, so that requests get past the doors."""
    guest = Person(gatehouse, "guest").arrived()
    path = explorer.workspace()
    explorer.welcome(path, guest)
    token = explorer.post(f"{path}/invitations", {"email": "third@example.org"}).json()["link"].rpartition("/")[2]
    known = {"workspace_id": path.rpartition("/")[2], "account_id": guest.account["id"], "token": token}
    document = requests.get(f"{gatehouse.url}/openapi.json", timeout=10).json()
    schema = schemathesis.openapi.from_dict(_with_existing(document, known))
    schema.config.update(base_url=gatehouse.url)
    return schema


QUIET = settings(
    max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_request_breaks_anything(api: Any, explorer: Person, mode: GenerationMode) -> None:
    for found in api.get_all_operations():
        take_turn()
        operation = found.ok()
        send = QUIET(given(case=operation.as_strategy(generation_mode=mode))(_send))
        try:
            send(explorer=explorer)
        except Unsatisfiable:
            continue  # a route without parameters has nothing to get wrong


def _send(case: schemathesis.Case, explorer: Person) -> None:
    if case.path == "/v1/sessions/current":
        explorer.sign_in()
    answer = case.call(headers={"Authorization": f"Bearer {explorer.token}", "X-Forwarded-For": explorer.ip})
    case.validate_response(answer, checks=[not_a_server_error])
    if case.path == "/v1/sessions/current":
        explorer.sign_in()


def _with_existing(document: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    for path, operations in document["paths"].items():
        shared = operations.pop("parameters", [])
        for method, operation in operations.items():
            parameters = operation.setdefault("parameters", [])
            parameters.extend(copy.deepcopy(shared))
            for parameter in parameters:
                if parameter["in"] == "path" and parameter["name"] in known and (method, path) not in GONE_AFTERWARDS:
                    parameter["schema"] = {"type": "string", "enum": [known[parameter["name"]]]}
    return document
