"""Asking over HTTP how it was, and on the command line what has changed since."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.kit.installations import Installation
from tests.kit.people import Person
from tests.servers import eventually

TASK = {"type": "task", "id": "42"}


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class Vision:
    """Olivia's workspace, in which much has changed: Ada came and went, a rule was made on a task and taken away again."""

    def __init__(self, gatehouse: Installation) -> None:
        self.olivia, self.ada = (Person(gatehouse, name).arrived() for name in ("olivia", "ada"))
        self.path = self.olivia.workspace()
        self.empty = now()
        self.put("resources/task/42", {"name": "forty-two"})
        self.group = self.made("groups", {"name": "Annotators"})
        self.olivia.welcome(self.path, self.ada, "viewer", groups=[self.group])
        self.users = {"users": [self.olivia.account["id"]]}
        eventually(lambda: self.check(self.ada)["allowed"])
        self.vault = {"name": "Team", "group_ids": [self.group], "format": "hocon", "content": "a.key = secret-42", "enabled": True}
        self.vault_id = self.made("vaults", self.vault)
        self.before = now()
        self.rule = self.made("rules", {"resource_type": "task", "resource_id": "42", "permission": "read"} | self.users)
        self.closed = self.check(self.ada)
        self.ruled = now()
        for path in (f"rules/{self.rule}", f"vaults/{self.vault_id}", f"members/{self.ada.account['id']}", f"groups/{self.group}"):
            assert self.olivia.delete(f"{self.path}/{path}").status_code == 204

    @property
    def id(self) -> str:
        return self.path.rpartition("/")[2]

    def put(self, path: str, body: dict[str, Any]) -> None:
        answer = self.olivia.put(f"{self.path}/{path}", body)
        assert answer.status_code == 200, answer.text

    def made(self, path: str, body: dict[str, Any]) -> str:
        answer = self.olivia.post(f"{self.path}/{path}", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def get(self, path: str, at: str | None = None, **query: str) -> dict[str, Any]:
        answer = self.olivia.get(f"{self.path}/{path}", params=query | ({"at": at} if at else {}))
        assert answer.status_code == 200, answer.text
        assert "ETag" not in answer.headers or at is None
        return dict(answer.json())

    def check(self, who: Person, at: str | None = None, by: Person | None = None, **more: Any) -> dict[str, Any]:
        body = {"action": "read", "resource": TASK, "principal": who.account["id"]} | more
        answer = (by or self.olivia).post(f"{self.path}/check", body, params={"at": at} if at else {})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture(scope="module")
def vision(gatehouse: Installation) -> Vision:
    return Vision(gatehouse)


def test_every_list_is_answered_as_it_was(vision: Vision) -> None:
    def accounts(at: str | None) -> dict[str, Any]:
        return {item["account_id"]: item for item in vision.get("members", at)["items"]}

    ada = vision.ada.account["id"]
    assert ada not in accounts(None)
    assert ada not in accounts(vision.empty)
    assert accounts(vision.before)[ada]["role"] == "viewer"
    assert [group["id"] for group in accounts(vision.before)[ada]["groups"]] == [vision.group]
    assert [item["status"] for item in vision.get("invitations", vision.before)["items"]] == ["accepted"]
    assert vision.get("invitations", vision.empty)["items"] == []
    assert vision.get(f"groups/{vision.group}", vision.before)["members"] == [ada]
    assert [group["name"] for group in vision.get("groups", vision.before)["items"] if not group["built_in"]] == ["Annotators"]
    assert [rule["id"] for rule in vision.get("rules", vision.ruled)["items"]] == [vision.rule]
    assert vision.get(f"rules/{vision.rule}", vision.ruled)["users"] == [vision.olivia.account["id"]]
    assert vision.get("rules", vision.before)["items"] == vision.get("rules")["items"] == []
    assert [item["account_id"] for item in vision.get("who-can", vision.ruled, type="task", id="42")["items"]] == [
        vision.olivia.account["id"]
    ]
    assert [vision.get("subscription", at)["seats_used"] for at in (vision.empty, vision.before, None)] == [1, 2, 1]
    assert vision.get("accessible", vision.before, type="task", principal=ada)["items"] == [TASK]


def test_a_check_is_answered_as_it_was_with_its_reason(vision: Vision) -> None:
    assert vision.check(vision.ada, vision.before, explain=True)["because"]["built_in"] == "viewer"
    ruled = vision.check(vision.ada, vision.ruled, explain=True)
    assert (ruled["allowed"], ruled["nearest"][0]["wants"]) == (False, "rule")
    assert vision.check(vision.ada)["allowed"] is False
    # A position that was answered is a moment too; whose it is need not be said to whoever answered it.
    for at in (str(vision.closed["position"]), f"authz:{vision.closed['position']}"):
        assert vision.check(vision.ada, at, explain=True)["nearest"] == ruled["nearest"]
    batch = vision.olivia.post(
        f"{vision.path}/check:batch",
        {"checks": [{"action": "read", "resource": TASK, "principal": vision.ada.account["id"]}]},
        params={"at": vision.before},
    )
    assert batch.json()["results"] == [{"allowed": True}]


def test_of_a_configuration_names_are_told_and_never_values(vision: Vision) -> None:
    """Also of a text that has been destroyed since."""
    found = vision.get("effective-configuration", vision.before, user=vision.ada.account["id"])
    assert found["values"] == {}
    assert found["keys"] == [{"key": "a.key", "vault_id": vision.vault_id, "overridden": []}]
    assert "secret-42" not in json.dumps(found)
    assert vision.get("effective-configuration", vision.empty, user=vision.ada.account["id"])["keys"] == []


def test_who_may_ask_is_judged_today(vision: Vision) -> None:
    answer = vision.ada.get(f"{vision.path}/members", params={"at": vision.before})
    assert (answer.status_code, answer.json()["code"]) == (404, "workspace_not_found")


def test_an_entry_of_the_audit_trail_names_a_moment(vision: Vision) -> None:
    def removal() -> str | None:
        entries = vision.get("audit", type="workspaces.member.removed")["items"]
        return str(entries[0]["id"]) if entries else None

    eventually(removal)
    source, _, position = str(removal()).partition(":")
    ada = vision.ada.account["id"]
    assert ada not in [item["account_id"] for item in vision.get("members", f"{source}:{position}")["items"]]
    assert ada in [item["account_id"] for item in vision.get("members", f"{source}:{int(position) - 1}")["items"]]


@pytest.mark.parametrize(
    ("at", "status", "code"),
    [
        ("yesterday", 422, "invalid_fields"),
        ("2026-11-20T12:00:00", 422, "invalid_fields"),
        ("identity:3", 422, "invalid_fields"),
        ("99999999999999999999", 422, "invalid_fields"),
        ("9223372036854775807", 422, "position_unknown"),
        ("2020-01-01T00:00:00Z", 404, "workspace_not_there_yet"),
        ("2999-01-01T00:00:00Z", 422, "at_in_future"),
        ("workspaces:1", 404, "nothing_yet"),
    ],
)
def test_what_is_no_moment_of_the_workspace_is_refused(vision: Vision, at: str, status: int, code: str) -> None:
    for path in ("members", "rules", f"groups/{uuid4()}", "effective-configuration"):
        answer = vision.olivia.get(f"{vision.path}/{path}", params={"at": at})
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    answer = vision.olivia.post(f"{vision.path}/check", {"action": "read", "resource": TASK}, params={"at": at})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_mistyped_parameter_of_a_check_is_refused_instead_of_answering_of_today(vision: Vision) -> None:
    answer = vision.olivia.post(f"{vision.path}/check", {"action": "read", "resource": TASK}, params={"a": vision.before})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")
