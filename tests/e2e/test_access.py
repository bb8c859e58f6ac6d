"""Groups, rules and the resource tree over HTTP: who may do what, why, and what a change would do."""

from uuid import uuid4

import pytest

from tests.e2e.lasting import lasting
from tests.kit.installations import Installation
from tests.kit.people import Person
from tests.servers import eventually

olivia, ada, vera = lasting("olivia"), lasting("ada"), lasting("vera")
NOBODY = str(uuid4())


class Team:
    """Olivia administrates the workspace, Ada edits, Vera views."""

    def __init__(self, olivia: Person, ada: Person, vera: Person) -> None:
        self.olivia, self.ada, self.vera = olivia, ada, vera
        self.path = self.olivia.workspace()
        self.olivia.welcome(self.path, self.ada, "editor")
        self.olivia.welcome(self.path, self.vera, "viewer")

    def made(self, where: str, **body: object) -> dict:
        answer = self.olivia.post(f"{self.path}/{where}", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def group(self, name: str, *members: Person) -> dict:
        return self.made("groups", name=name, members=[person.account["id"] for person in members])

    def rule(self, type: str, id: str | None = None, permission: str = "modify", **assignees: object) -> dict:
        return self.made("rules", resource_type=type, resource_id=id, permission=permission, **assignees)

    def put(self, type: str, id: str, parent: str | None = None) -> None:
        body = {"name": f"{type} {id}", "parent": {"type": "project", "id": parent} if parent else None}
        answer = self.olivia.put(f"{self.path}/resources/{type}/{id}", body)
        assert answer.status_code == 200, answer.text

    def may(self, person: Person, action: str, type: str, id: str) -> bool:
        answer = person.post(f"{self.path}/check", {"action": action, "resource": {"type": type, "id": id}})
        assert answer.status_code == 200, answer.text
        return answer.json()["allowed"]


@pytest.fixture
def team(olivia: Person, ada: Person, vera: Person) -> Team:
    return Team(olivia, ada, vera)


@pytest.mark.feature("A-08")
def test_in_a_fresh_workspace_the_role_alone_decides(team: Team) -> None:
    team.put("task", "t1")
    assert team.may(team.ada, "modify", "task", "t1")
    assert team.may(team.vera, "read", "task", "t1")
    assert not team.may(team.vera, "modify", "task", "t1")


@pytest.mark.feature("A-01")
@pytest.mark.feature("A-02")
def test_a_group_is_made_read_changed_and_deleted(team: Team) -> None:
    made = team.group("Annotators", team.ada)
    where = f"{team.path}/groups/{made['id']}"
    read = team.olivia.get(where)
    assert {name: read.json()[name] for name in ("name", "built_in", "members")} == {
        "name": "Annotators",
        "built_in": False,
        "members": [team.ada.account["id"]],
    }
    changed = team.olivia.call("PATCH", where, {"name": "Labellers", "description": "They draw boxes."})
    assert (changed.status_code, changed.json()["name"], changed.json()["members"]) == (200, "Labellers", [team.ada.account["id"]])
    taken = team.olivia.post(f"{team.path}/groups", {"name": "LABELLERS"})
    assert (taken.status_code, taken.json()["code"]) == (409, "group_name_taken")
    assert team.olivia.delete(where).status_code == 204
    assert team.olivia.get(where).status_code == 404


@pytest.mark.feature("A-03")
@pytest.mark.feature("A-04")
@pytest.mark.feature("A-05")
def test_built_in_groups_are_listed_first_and_stay(team: Team) -> None:
    listed = team.olivia.get(f"{team.path}/groups").json()["items"]
    built_in = [group for group in listed if group["built_in"]]
    assert [group["name"] for group in built_in] == ["Admins", "Queue admins", "Users"]
    assert [group["member_count"] for group in built_in] == [1, 0, 3]
    for group in built_in:
        assert team.olivia.delete(f"{team.path}/groups/{group['id']}").status_code == 409
        assert team.olivia.call("PATCH", f"{team.path}/groups/{group['id']}", {"name": "Mine"}).status_code == 409


@pytest.mark.feature("A-04")
@pytest.mark.feature("A-05")
def test_only_queue_admins_make_and_unmake_queues_and_administrators_appoint_them(team: Team) -> None:
    refused = team.olivia.put(f"{team.path}/resources/queue/gpu", {"name": "GPUs"})
    assert (refused.status_code, refused.json()["code"]) == (403, "access_denied")
    queue_admins = team.olivia.get(f"{team.path}/groups").json()["items"][1]["id"]
    assert team.olivia.put(f"{team.path}/groups/{queue_admins}/members/{team.vera.account['id']}").status_code == 204
    assert team.vera.put(f"{team.path}/resources/queue/gpu", {"name": "GPUs"}).status_code == 200
    assert [team.may(person, "rename", "queue", "gpu") for person in (team.olivia, team.ada, team.vera)] == [False, False, True]
    assert team.may(team.olivia, "modify", "queue", "gpu")


@pytest.mark.feature("A-09")
@pytest.mark.feature("A-10")
@pytest.mark.feature("A-12")
def test_a_rule_closes_what_it_is_on_and_what_that_holds(team: Team) -> None:
    for task in ("t1", "t2"):
        team.put("project", f"p-{task}")
        team.put("task", task, parent=f"p-{task}")
    team.rule("project", "p-t1", "read", users=[team.ada.account["id"]])
    assert team.may(team.ada, "read", "task", "t1")
    assert not team.may(team.ada, "modify", "task", "t1")
    assert not team.may(team.vera, "read", "task", "t1")
    assert team.may(team.olivia, "modify", "task", "t1")
    assert team.may(team.vera, "read", "task", "t2")


@pytest.mark.feature("A-12")
def test_access_to_a_task_reaches_neither_its_sibling_nor_its_project(team: Team) -> None:
    team.put("project", "p1")
    for task in ("t1", "t2"):
        team.put("task", task, parent="p1")
    team.rule("project", "p1", users=[team.olivia.account["id"]])
    team.rule("task", "t1", users=[team.ada.account["id"]])
    assert [team.may(team.ada, "read", *what) for what in (("task", "t1"), ("task", "t2"), ("project", "p1"))] == [True, False, False]


@pytest.mark.feature("A-09")
def test_a_rule_on_a_whole_type_is_one_on_each_object_of_it(team: Team) -> None:
    team.put("project", "p1")
    team.put("model", "m1", parent="p1")
    team.rule("project", users=[team.ada.account["id"]])
    assert [team.may(person, "read", "model", "m1") for person in (team.ada, team.vera)] == [True, False]


@pytest.mark.feature("A-11")
@pytest.mark.feature("A-13")
@pytest.mark.feature("A-14")
def test_a_rule_is_edited_in_one_step_and_deleted(team: Team) -> None:
    team.put("task", "t1")
    both = [team.ada.account["id"], team.vera.account["id"]]
    rule = team.rule("task", "t1", users=both)
    where = f"{team.path}/rules/{rule['id']}"
    narrower = {"resource_type": "task", "resource_id": "t1", "permission": "read", "users": both[:1]}
    changed = team.olivia.call("PUT", where, narrower)
    assert changed.status_code == 200, changed.text
    assert [team.may(team.ada, action, "task", "t1") for action in ("read", "modify")] == [True, False]
    assert not team.may(team.vera, "read", "task", "t1")
    assert team.olivia.delete(where).status_code == 204
    assert team.may(team.ada, "modify", "task", "t1")
    assert team.may(team.vera, "read", "task", "t1")


def test_of_two_editors_of_a_rule_one_wins_and_the_other_hears_of_it(team: Team) -> None:
    team.put("task", "t1")
    rule = team.rule("task", "t1", users=[team.ada.account["id"]])
    where, tag = f"{team.path}/rules/{rule['id']}", team.olivia.get(f"{team.path}/rules/{rule['id']}").headers["ETag"]
    body = {"resource_type": "task", "resource_id": "t1", "permission": "read", "users": [team.vera.account["id"]]}
    first = team.olivia.call("PUT", where, body, headers={"If-Match": tag})
    second = team.olivia.call("PUT", where, body | {"permission": "modify"}, headers={"If-Match": tag})
    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 412, "changed_meanwhile")
    assert second.headers["ETag"] == first.headers["ETag"] == team.olivia.get(where).headers["ETag"]
    assert team.olivia.get(where).json()["permission"] == "read"


@pytest.mark.feature("A-07")
def test_who_loses_a_group_keeps_what_another_gives(team: Team) -> None:
    team.put("task", "t1")
    first, second = team.group("First", team.ada, team.vera), team.group("Second", team.ada)
    team.rule("task", "t1", groups=[first["id"], second["id"]])
    tried = team.olivia.delete(f"{team.path}/groups/{first['id']}?dry_run=true")
    assert tried.status_code == 200
    assert {right["principal"] for right in tried.json()["loses"]} == {team.vera.account["id"]}
    assert team.may(team.vera, "read", "task", "t1")
    assert team.olivia.delete(f"{team.path}/groups/{first['id']}").status_code == 204
    assert [team.may(person, "modify", "task", "t1") for person in (team.ada, team.vera)] == [True, False]


@pytest.mark.feature("A-15")
def test_rules_are_found_by_type_resource_user_and_group_together(team: Team) -> None:
    team.put("task", "t1")
    group = team.group("First", team.ada)
    wanted = team.rule("task", "t1", users=[team.vera.account["id"]], groups=[group["id"]])
    team.rule("task", users=[team.vera.account["id"]])
    team.rule("queue", users=[team.ada.account["id"]])

    def found(**filters: str) -> list[str]:
        return [rule["id"] for rule in team.olivia.get(f"{team.path}/rules", params=filters).json()["items"]]

    assert len(found()) == 3
    assert len(found(resource_type="task")) == 2
    assert found(resource_type="task", resource_id="t1", user=team.vera.account["id"], group=group["id"]) == [wanted["id"]]
    assert found(group=group["id"]) == [wanted["id"]]
    assert team.olivia.get(f"{team.path}/rules", params={"users": NOBODY}).status_code == 422


@pytest.mark.feature("A-16")
def test_only_administrators_see_and_change_rules_and_groups(team: Team) -> None:
    group, rule = team.group("First"), team.rule("queue", users=[team.ada.account["id"]])
    body = {"resource_type": "task", "permission": "modify", "users": [team.ada.account["id"]]}
    tries = [
        team.ada.get(f"{team.path}/groups"),
        team.ada.post(f"{team.path}/groups", {"name": "Mine"}),
        team.ada.delete(f"{team.path}/groups/{group['id']}"),
        team.ada.put(f"{team.path}/groups/{group['id']}/members/{team.ada.account['id']}"),
        team.ada.get(f"{team.path}/rules"),
        team.ada.get(f"{team.path}/rules/{rule['id']}"),
        team.ada.post(f"{team.path}/rules", body),
        team.ada.call("PUT", f"{team.path}/rules/{rule['id']}", body),
        team.ada.delete(f"{team.path}/rules/{rule['id']}"),
    ]
    assert [answer.status_code for answer in tries] == [403] * len(tries)


@pytest.mark.feature("A-06")
def test_members_are_picked_by_a_part_of_their_name(team: Team) -> None:
    team.ada.call("PATCH", "/v1/account", {"first_name": "Augusta", "last_name": "King"})
    found = team.olivia.get(f"{team.path}/members", params={"q": "gust"}).json()["items"]
    assert [member["account_id"] for member in found] == [team.ada.account["id"]]


def test_the_members_list_tells_of_their_groups(team: Team) -> None:
    group = team.group("Annotators", team.ada)
    members = team.olivia.get(f"{team.path}/members").json()["items"]
    groups = {member["account_id"]: member["groups"] for member in members}
    assert groups[team.ada.account["id"]] == [{"id": group["id"], "name": "Annotators"}]
    assert groups[team.vera.account["id"]] == []


@pytest.mark.feature("W-05")
def test_whoever_is_invited_into_groups_comes_into_them(team: Team, gatehouse: Installation) -> None:
    group = team.group("Annotators")
    newcomer = Person(gatehouse, "nina").arrived()
    unknown = team.olivia.post(f"{team.path}/invitations", {"email": newcomer.email, "groups": [NOBODY]})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "group_not_found")
    team.olivia.welcome(team.path, newcomer, groups=[group["id"]])
    members = team.olivia.get(f"{team.path}/groups/{group['id']}").json()["members"]
    assert members == [newcomer.account["id"]]


def test_a_check_tells_why(team: Team) -> None:
    team.put("project", "p1")
    team.put("task", "t1", parent="p1")
    group = team.group("Annotators", team.ada)
    rule = team.rule("project", "p1", groups=[group["id"]])
    question = {"action": "modify", "resource": {"type": "task", "id": "t1"}, "explain": True}
    because = team.ada.post(f"{team.path}/check", question).json()["because"]
    assert (because["rule_id"], because["via_group"], because["inherited_from"]) == (
        rule["id"],
        [group["id"]],
        {"type": "project", "id": "p1"},
    )

    def told() -> set[str]:
        entries = team.olivia.get(f"{team.path}/audit", params={"limit": 200}).json()["items"]
        return {entry["type"] for entry in entries if entry["id"] in because["event_ids"]}

    eventually(lambda: "authz.rule.changed" in told())
    nearest = team.vera.post(f"{team.path}/check", question).json()["nearest"][0]
    assert (nearest["wants"], nearest["rule_id"]) == ("rule", rule["id"])


def test_what_a_dry_run_tells_is_what_happens(team: Team) -> None:
    team.put("task", "t1")
    body = {"resource_type": "task", "resource_id": "t1", "permission": "read", "users": [team.ada.account["id"]]}
    tried = team.olivia.post(f"{team.path}/rules?dry_run=true", body).json()
    named = {(right["principal"], right["permission"]) for right in tried["loses"]}
    assert named == {(team.ada.account["id"], "modify"), (team.vera.account["id"], "read")}
    assert tried["gains"] == []
    assert team.olivia.get(f"{team.path}/rules").json()["items"] == []
    assert team.may(team.ada, "modify", "task", "t1")
    team.olivia.post(f"{team.path}/rules", body)
    assert [team.may(person, "read", "task", "t1") for person in (team.ada, team.vera)] == [True, False]


def test_a_thousand_checks_at_once_keep_their_order_and_each_its_own_error(team: Team) -> None:
    team.put("task", "t1")
    team.rule("task", "t1", users=[team.ada.account["id"]])
    about_others = {"principal": team.ada.account["id"], "action": "read", "resource": {"type": "task", "id": "t1"}}
    checks = [
        {"action": "read", "resource": {"type": "task", "id": "t1"}},
        {"action": "own", "resource": {"type": "task", "id": "t1"}},
        {"action": "read", "resource": {"type": "task", "id": "t2"}},
        about_others,
        "nonsense",
    ]
    answer = team.vera.post(f"{team.path}/check:batch", {"checks": checks * 200})
    assert answer.status_code == 200, answer.text
    kinds = [result["error"]["code"] if "error" in result else result["allowed"] for result in answer.json()["results"]]
    assert kinds == [False, "invalid_fields", True, "role_insufficient", "invalid_fields"] * 200
    too_many = team.vera.post(f"{team.path}/check:batch", {"checks": [checks[0]] * 1_001})
    assert (too_many.status_code, too_many.json()["code"]) == (422, "invalid_fields")
    assert team.olivia.post(f"{team.path}/check:batch", {"checks": [about_others]}).json()["results"] == [{"allowed": True}]


def test_listings_say_what_one_reaches_and_who_reaches_it(team: Team) -> None:
    for number in range(5):
        team.put("task", f"t{number}")
    team.rule("task", "t3", users=[team.ada.account["id"]])
    pages = team.vera.get(f"{team.path}/accessible", params={"type": "task", "limit": 3}).json()
    rest = team.vera.get(f"{team.path}/accessible", params={"type": "task", "limit": 3, "cursor": pages["next_cursor"]}).json()
    assert [item["id"] for item in pages["items"] + rest["items"]] == ["t0", "t1", "t2", "t4"]
    holders = team.olivia.get(f"{team.path}/who-can", params={"type": "task", "id": "t3", "action": "modify"}).json()["items"]
    assert {item["account_id"] for item in holders} == {team.olivia.account["id"], team.ada.account["id"]}
    assert team.ada.get(f"{team.path}/who-can", params={"type": "task", "id": "t3"}).status_code == 403
    mine = team.vera.get(f"{team.path}/resources", params={"type": "task", "q": "task"}).json()["items"]
    assert [item["id"] for item in mine] == ["t0", "t1", "t2", "t4"]


def test_who_is_removed_and_invited_again_has_none_of_the_former_grants(team: Team) -> None:
    team.put("task", "t1")
    group = team.group("Annotators", team.ada)
    team.rule("task", "t1", groups=[group["id"]], users=[team.ada.account["id"]])
    assert team.may(team.ada, "modify", "task", "t1")
    assert team.olivia.delete(f"{team.path}/members/{team.ada.account['id']}").status_code == 204
    team.olivia.welcome(team.path, team.ada, "editor")
    assert not team.may(team.ada, "read", "task", "t1")


def test_a_batch_of_resources_is_made_in_order_and_sent_again_changes_nothing(team: Team) -> None:
    changes = [
        {"op": "put", "type": "project", "id": "p", "name": "P"},
        {"op": "put", "type": "task", "id": "t", "name": "T", "parent": {"type": "project", "id": "p"}},
        {"op": "put", "type": "task", "id": "u", "name": "U", "parent": {"type": "project", "id": "nowhere"}},
        {"op": "take", "type": "task", "id": "u"},
        {"op": "delete", "type": "project", "id": "p"},
        {"op": "put", "type": "project", "id": "q", "name": "Q"},
    ]
    dry = team.ada.post(f"{team.path}/resources:batch?dry_run=true", {"changes": changes}).json()
    tried = [result.get("status") or result["error"]["code"] for result in dry["results"]]
    # Three things, to be read by three people and modified by two.
    assert (dry["gains_total"], dry["loses_total"]) == (15, 0)
    assert team.olivia.get(f"{team.path}/resources").json()["items"] == []
    answer = team.ada.post(f"{team.path}/resources:batch", {"changes": changes})
    assert answer.status_code == 200, answer.text
    told = [result.get("status") or result["error"]["code"] for result in answer.json()["results"]]
    assert told == tried
    assert told == ["created", "created", "parent_not_found", "invalid_fields", "resource_repeated", "created"]
    again = team.ada.post(f"{team.path}/resources:batch", {"changes": changes[:2]}).json()
    assert [result["status"] for result in again["results"]] == ["unchanged", "unchanged"]
    full = team.ada.delete(f"{team.path}/resources/project/p")
    assert (full.status_code, full.json()["code"]) == (409, "resource_not_empty")


@pytest.mark.parametrize("method", ["get", "post"])
def test_foreign_workspaces_and_ids_are_the_same_as_absent_ones(team: Team, gatehouse: Installation, method: str) -> None:
    stranger = Person(gatehouse, "stranger").arrived()
    own = stranger.workspace("own")
    group = team.group("First")
    assert stranger.call(method.upper(), f"{team.path}/rules", {}).status_code == 404
    for id in (group["id"], NOBODY):
        assert stranger.get(f"{own}/groups/{id}").status_code == 404
        refused = stranger.post(f"{own}/rules", {"resource_type": "task", "permission": "read", "groups": [id]})
        assert (refused.status_code, refused.json()["code"]) == (404, "group_not_found")
    assert stranger.get(f"{own}/groups", params={"cursor": "edited"}).status_code == 400


def test_batches_filters_and_cursors_reach_nothing_of_another_workspace(team: Team, gatehouse: Installation) -> None:
    team.put("project", "p")
    team.rule("project", "p", users=[team.ada.account["id"]])
    first = team.group("First")
    team.group("Second")
    stranger = Person(gatehouse, "stranger").arrived()
    own = stranger.workspace("own")
    batch = [{"op": "put", "type": "task", "id": "t", "name": "T", "parent": {"type": "project", "id": id}} for id in ("p", NOBODY)]
    for change in batch:
        [result] = stranger.post(f"{own}/resources:batch", {"changes": [change]}).json()["results"]
        assert result["error"]["code"] == "parent_not_found"
    checks = [{"action": "modify", "resource": {"type": "project", "id": id}} for id in ("p", NOBODY)]
    assert stranger.post(f"{own}/check:batch", {"checks": checks}).json()["results"] == [{"allowed": True}] * 2
    for id in (first["id"], NOBODY):
        assert stranger.get(f"{own}/rules", params={"group": id}).status_code == 404
    theirs = team.olivia.get(f"{team.path}/groups", params={"limit": 1}).json()["next_cursor"]
    mine = [item["id"] for item in stranger.get(f"{own}/groups").json()["items"]]
    page = stranger.get(f"{own}/groups", params={"cursor": theirs}).json()
    assert {item["id"] for item in page["items"]} <= set(mine)
