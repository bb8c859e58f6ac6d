"""What goes over the wire: every method of access takes JSON and answers JSON."""

import json
from datetime import UTC, datetime
from functools import partial

import pytest
from marshmallow import ValidationError

from services.authz.service import AuthzService
from services.chassis.errors import PreconditionFailed, Unavailable
from services.chassis.settings import Settings
from tests.builders.authz import ADA, BOB, GRACE, VISION, connected
from tests.builders.authz import vision as said


class Wire:
    """Calls by name, with what JSON makes of question and answer."""

    def __init__(self, app):
        self._service = AuthzService()
        self._service.app, self._service.clock = app, partial(datetime.now, UTC)

    def __call__(self, method, **payload):
        sent = json.loads(json.dumps({"workspace_id": VISION, **payload}, default=str))
        return json.loads(json.dumps(getattr(self._service, method)(sent)))


@pytest.fixture
def told(settings: Settings):
    app = connected(settings)
    yield Wire(app), said(app)
    app.close()


@pytest.fixture
def ask(told):
    return told[0]


def test_groups(ask):
    made = ask("create_group", name="Team", description="Ours", members=[ADA])
    assert made == {
        "id": made["id"],
        "name": "Team",
        "description": "Ours",
        "built_in": False,
        "members": [str(ADA)],
        "member_count": 1,
        "groups": [],
        "version": 2,
    }
    team = made["id"]
    assert ask("change_group", group_id=team, name="Crew", version=2)["version"] == 3
    with pytest.raises(PreconditionFailed):
        ask("change_group", group_id=team, name="Other", version=2)
    assert ask("add_group_member", group_id=team, account_id=BOB)["member_count"] == 2
    assert ask("remove_group_member", group_id=team, account_id=ADA)["members"] == [str(BOB)]
    assert ask("get_group", group_id=team)["name"] == "Crew"
    assert [row["name"] for row in ask("list_groups", q="cre", limit=10)["items"]] == ["Crew"]
    assert ask("groups_of_members", account_ids=[BOB, ADA]) == {str(BOB): [{"id": team, "name": "Crew"}], str(ADA): []}
    nothing = {"gains": [], "loses": [], "gains_total": 0, "loses_total": 0}
    assert ask("add_group_member", group_id=team, account_id=ADA, dry_run=True) == nothing
    assert ask("delete_group", group_id=team) == nothing


def test_rules_and_resources(ask):
    assert ask("put_resource", account_id=GRACE, type="project", id="p", name="P") == {
        "type": "project",
        "id": "p",
        "name": "P",
        "parent": None,
        "status": "created",
    }
    results = ask(
        "change_resources",
        account_id=GRACE,
        changes=[
            {"op": "put", "type": "task", "id": "t", "name": "T", "parent": {"type": "project", "id": "p"}},
            {"op": "put", "type": "task", "id": "u", "name": "U", "parent": {"type": "project", "id": "q"}},
        ],
    )["results"]
    assert (results[0], results[1]["error"]["code"]) == ({"status": "created"}, "parent_not_found")
    assert ask("list_resources", account_id=ADA, type="task", parent="p")["items"] == [
        {"type": "task", "id": "t", "name": "T", "parent": {"type": "project", "id": "p"}}
    ]

    rule = ask("create_rule", resource_type="project", resource_id="p", permission="read", users=[ADA])
    assert (rule["users"], rule["resource_name"], rule["version"], rule["expires_at"]) == ([str(ADA)], "P", 1, None)
    said = {"resource_type": "project", "resource_id": "p", "permission": "modify", "users": [ADA]}
    assert ask("change_rule", rule_id=rule["id"], version=1, dry_run=True, **said)["gains_total"] == 2
    assert ask("change_rule", rule_id=rule["id"], version=1, **said)["permission"] == "modify"
    assert ask("get_rule", rule_id=rule["id"])["version"] == 2
    assert [row["id"] for row in ask("list_rules", user=ADA)["items"]] == [rule["id"]]

    asked = {"account_id": ADA, "action": "modify", "resource": {"type": "task", "id": "t"}}
    answer = ask("check", **asked, explain=True)
    assert (answer["allowed"], answer["expires_at"], answer["nearest"]) == (True, None, [])
    assert answer["because"]["rule_id"] == rule["id"]
    assert answer["because"]["inherited_from"] == {"type": "project", "id": "p"}
    batch = ask("check_batch", checks=[asked, {**asked, "account_id": str(BOB)}, {"action": "read"}])
    assert [each.get("allowed") for each in batch["results"]] == [True, False, None]
    assert batch["results"][2]["error"]["code"] == "invalid_fields"
    assert batch["position"] == answer["position"]
    assert ask("accessible", account_id=BOB, type="task", action="read") == {"items": [], "next_cursor": None}
    assert [row["account_id"] for row in ask("who_can", type="task", id="t", action="read")["items"]] == [str(GRACE), str(ADA)]

    assert ask("delete_rule", rule_id=rule["id"])["gains_total"] == 6
    assert ask("delete_resource", account_id=GRACE, type="task", id="t", dry_run=True)["loses_total"] == 7
    assert ask("delete_resource", account_id=GRACE, type="task", id="t")["status"] == "deleted"


def test_a_position_of_workspaces_is_waited_for_by_every_method(told):
    ask, workspaces = told
    ask("list_groups", heard=workspaces.position)

    with pytest.raises(Unavailable) as refusal:
        ask("list_groups", heard=workspaces.position + 2)

    assert refusal.value.code == "not_caught_up"


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        ("create_group", {"name": "a\0b"}),
        ("create_group", {"name": ""}),
        ("create_group", {"name": "x" * 101}),
        ("create_group", {"name": "Team", "members": ["ada"]}),
        ("create_rule", {"resource_type": "planet", "permission": "read", "users": []}),
        ("create_rule", {"resource_type": "task", "permission": "own", "users": []}),
        ("create_rule", {"resource_type": "task", "permission": "read", "expires_at": "2030-01-01T00:00:00"}),
        ("put_resource", {"account_id": ADA, "type": "task", "id": "t", "name": "T", "parent": {"type": "task", "id": "u"}}),
        ("put_resource", {"account_id": ADA, "type": "task", "id": "t" * 201, "name": "T"}),
        ("list_rules", {"limit": 201}),
        ("who_can", {"type": "task", "id": "t"}),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_makes_no_sense_is_refused_before_anything_is_done(ask, method, wrong):
    with pytest.raises(ValidationError):
        ask(method, **wrong)
