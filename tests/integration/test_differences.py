"""What ``gatehouse audit diff`` finds between two moments, and how it tells it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from rich.console import Console

from gatehouse import registry
from gatehouse.admin import Installation
from gatehouse.differences import difference, narrated
from services.authz.application import Authz
from services.chassis import schema
from services.chassis.errors import InvalidInput, NotFound
from services.chassis.settings import Settings
from services.identity.application import Identity
from services.workspaces.application import Workspaces
from tests.builders.authz import ADA, BOB, GRACE

TASK = {"type": "task", "id": "42"}


class Vision:
    """Grace's workspace. What workspaces tells authz, it is told here at once."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        workspaces, authz = installation.app("workspaces"), installation.app("authz")
        assert isinstance(workspaces, Workspaces)
        assert isinstance(authz, Authz)
        self.workspaces, self.authz = workspaces, authz
        self.id: UUID = workspaces.create_workspace(GRACE, "Vision", datetime.now(UTC))["id"]
        authz.admit(self.id, GRACE, "admin")
        self.put("42")

    def join(self, account_id: UUID, role: str = "editor") -> None:
        now = datetime.now(UTC)
        link = self.workspaces.open_link(self.id, "editor", GRACE, now)["link"].rpartition("/")[2]
        self.workspaces.accept_invitation(link, account_id, [], now)
        self.authz.admit(self.id, account_id, role)

    def put(self, id: str) -> None:
        self.authz.put_resource(self.id, GRACE, datetime.now(UTC), type="task", id=id, name=id)

    def diff(self, *between: str) -> dict:
        return json.loads(json.dumps(difference(self.installation, self.id, between)))


@pytest.fixture(scope="module")
def installation(database_url: str) -> Iterator[Installation]:
    found = Installation(Settings(database_url=database_url, amqp_url="none", secret_key="k" * 32, state=Path("/nonexistent")))
    for name in ("identity", "workspaces", "authz"):
        schema.create(found.app(name).database, registry.spec(name).tables)
    assert isinstance(found.app("identity"), Identity)
    yield found
    found.close()


@pytest.fixture
def vision(installation: Installation) -> Vision:
    return Vision(installation)


def now() -> str:
    return datetime.now(UTC).isoformat()


def text(found: dict) -> str:
    console = Console(width=200, no_color=True)
    with console.capture() as captured:
        console.print(narrated(found))
    return captured.get()


def test_between_a_moment_and_itself_nothing_changed(vision: Vision) -> None:
    moment = now()
    found = vision.diff(moment, moment)
    assert all(found[kind] == {"added": [], "removed": [], "changed": []} for kind in ("members", "invitations", "groups", "rules"))
    assert "nothing changed" in text(found)


def test_members_groups_rules_and_access_that_came_changed_and_went(vision: Vision) -> None:
    before = now()
    vision.join(ADA)
    vision.join(BOB)
    clock = datetime.now(UTC)
    group = vision.authz.create_group(vision.id, "Annotators", clock, members=[ADA])["id"]
    between = now()
    rule = vision.authz.create_rule(
        vision.id, clock, resource_type="task", resource_id="42", permission="read", users=[BOB], groups=[group]
    )
    vision.authz.change_group(vision.id, group, clock, name="Labellers", members=[])
    vision.workspaces.change_member(vision.id, BOB, clock, role="viewer")

    came = vision.diff(before, between)
    assert sorted(row["account_id"] for row in came["members"]["added"]) == sorted([str(ADA), str(BOB)])
    assert came["access"]["gains_total"] == 4
    assert [row["status"] for row in came["invitations"]["added"]] == ["pending", "pending"]

    changed = vision.diff(between, now())
    assert changed["members"]["changed"] == [{"id": str(BOB), "changes": {"role": ["editor", "viewer"]}}]
    assert changed["groups"]["changed"] == [
        {"id": str(group), "changes": {"name": ["Annotators", "Labellers"], "members": [[str(ADA)], []]}}
    ]
    assert [row["id"] for row in changed["rules"]["added"]] == [str(rule["id"])]
    lost = {(right["principal"], right["permission"]) for right in changed["access"]["loses"]}
    assert lost == {(str(ADA), "read"), (str(ADA), "modify"), (str(BOB), "modify")}
    told = text(changed)
    assert f"~ {BOB} (erased): role editor → viewer" in told
    assert "Labellers: name Annotators → Labellers, members -" in told
    assert f"{ADA} (erased) modify task 42" in told


def test_whoever_left_and_came_back_has_lost_and_gained_nothing(vision: Vision) -> None:
    vision.join(ADA)
    before = now()
    vision.authz.depart(vision.id, ADA)
    vision.authz.admit(vision.id, ADA, "editor")
    found = vision.diff(before, now())
    assert (found["access"]["gains_total"], found["access"]["loses_total"]) == (0, 0)


def test_a_workspace_that_is_gone_has_a_history_still(vision: Vision) -> None:
    vision.join(ADA)
    before = now()
    vision.workspaces.delete_workspace(vision.id)
    vision.authz.close_workspace(vision.id)
    found = vision.diff(before, now())
    assert sorted(row["account_id"] for row in found["members"]["removed"]) == sorted([str(GRACE), str(ADA)])
    assert found["access"]["loses_total"] == 4


def test_a_moment_may_be_a_position(vision: Vision) -> None:
    position = vision.workspaces.log.max_notification_id()
    vision.join(ADA)
    found = vision.diff(f"workspaces:{position}", now())
    assert [row["account_id"] for row in found["members"]["added"]] == [str(ADA)]


@pytest.mark.parametrize(
    ("between", "kind", "code"),
    [
        (("soon", "2026-01-01T00:00:00Z"), InvalidInput, "at_malformed"),
        (("2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z"), InvalidInput, "moments_reversed"),
        (("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"), NotFound, "workspace_not_there_yet"),
    ],
)
def test_what_cannot_be_compared_is_refused(vision: Vision, between: tuple[str, str], kind: type[Exception], code: str) -> None:
    with pytest.raises(kind) as refusal:
        vision.diff(*between)
    assert refusal.value.code == code  # type: ignore[attr-defined]
