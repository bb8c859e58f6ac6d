"""Configuration vaults over HTTP: edited by people, served to ClearML's clients."""

from typing import Any

import pytest
import requests

from tests.e2e.lasting import lasting
from tests.e2e.test_clearml import Sdk, id_of, sdk
from tests.kit.installations import Installation
from tests.kit.people import Person
from tests.servers import eventually

ada = lasting("ada")


@pytest.fixture
def vision(ada: Person) -> str:
    return ada.workspace("vision")


@pytest.fixture
def bob(gatehouse: Installation, ada: Person, vision: str) -> Person:
    """An editor of Ada's workspace."""
    bob = Person(gatehouse, "bob").arrived()
    ada.welcome(vision, bob)
    return bob


def put(person: Person, path: str, json: Any, match: str | None = "*") -> requests.Response:
    return person.call("PUT", path, json, headers={"If-Match": match} if match else {})


def saved(answer: requests.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return answer.json()


def group(person: Person, workspace: str, name: str, *members: Person) -> str:
    made = person.post(f"{workspace}/groups", {"name": name, "members": [each.account["id"] for each in members]})
    return saved(made, 201)["id"]


def vault(person: Person, workspace: str, content: str, *groups: str, name: str = "Team", **more: Any) -> dict[str, Any]:
    body = {"name": name, "group_ids": list(groups), "format": "hocon", "content": content, "enabled": True} | more
    return saved(person.post(f"{workspace}/vaults", body), 201)


def got(client: Sdk) -> list[tuple[str, str, str]]:
    """Asked for as the released clients ask."""
    vaults = client.data("users.get_vaults?enabled=true&types=config&types=config")["vaults"]
    return [(each["scope"], each["description"], each["data"]) for each in vaults]


@pytest.mark.feature("V-01")
@pytest.mark.feature("V-07")
@pytest.mark.parametrize(
    ("format", "content"), [("hocon", '# mine\r\na = "é"\t\n\n'), ("json", '{"a" : "\\u00e9"}'), ("yaml", "a:   no # 😀\n")]
)
def test_ones_own_vault_comes_back_and_is_downloaded_byte_for_byte(ada: Person, vision: str, format: str, content: str) -> None:
    answer = put(ada, f"{vision}/vault", {"format": format, "content": content, "enabled": True}, match=None)
    assert (saved(answer)["content"], answer.json()["version"], answer.json()["enabled"]) == (content, 1, True)
    found = ada.get(f"{vision}/vault")
    assert (found.json(), found.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    loaded = ada.get(f"{vision}/vault/download")
    assert loaded.content == content.encode()
    assert loaded.headers["Content-Disposition"].startswith("attachment; filename=vault.")


def test_two_editors_cannot_overwrite_each_other_unseen(ada: Person, vision: str) -> None:
    path = f"{vision}/vault"
    untouched = ada.get(path).headers["ETag"]
    read = put(ada, path, {"content": "a = 1"}, untouched).headers["ETag"]
    assert put(ada, path, {"content": "a = 2"}, read).status_code == 200
    for match in (read, untouched, None, '"x"'):
        refused = put(ada, path, {"content": "a = 3"}, match)
        assert (refused.status_code, refused.json()["code"]) == (412, "changed_meanwhile")
    assert ada.get(path).json()["content"] == "a = 2"
    assert put(ada, path, {"content": "a = 3"}, "*").status_code == 200


@pytest.mark.feature("V-05")
@pytest.mark.feature("V-08")
def test_administrators_keep_vaults_for_groups_and_lists_show_no_value(ada: Person, bob: Person, vision: str) -> None:
    team = group(ada, vision, "Team", bob)
    made = vault(ada, vision, 'sdk.aws.secret = "hunter2"', team, enabled=False)
    listed = saved(ada.get(f"{vision}/vaults"))["items"]
    assert [(each["id"], each["name"], each["group_ids"], each["summary"], each["enabled"]) for each in listed] == [
        (made["id"], "Team", [team], ["sdk.aws.secret"], False)
    ]
    assert "hunter2" not in str(listed)
    path = f"{vision}/vaults/{made['id']}"
    changed = saved(put(ada, path, {"enabled": True, "name": "All"}))
    assert (changed["content"], changed["enabled"], changed["name"]) == (made["content"], True, "All")
    assert ada.get(f"{path}/download").text == made["content"]
    assert ada.delete(path).status_code == 204
    assert ada.get(path).status_code == 404


def test_only_administrators_see_and_keep_them(ada: Person, bob: Person, vision: str) -> None:
    made = vault(ada, vision, "a = 1", group(ada, vision, "Team", bob))
    path = f"{vision}/vaults/{made['id']}"
    for method, where in [
        ("GET", f"{vision}/vaults"),
        ("GET", path),
        ("DELETE", path),
        ("GET", f"{path}/versions"),
        ("GET", f"{path}/download"),
    ]:
        assert bob.call(method, where).status_code == 403
    assert put(bob, path, {"enabled": False}).status_code == 403


def test_a_vault_for_a_group_of_another_workspace_is_refused(ada: Person, vision: str) -> None:
    elsewhere = group(ada, ada.workspace("speech"), "Team")
    body = {"name": "Team", "group_ids": [elsewhere], "format": "hocon", "content": "a = 1"}
    refused = ada.post(f"{vision}/vaults", body)
    assert (refused.status_code, refused.json()["code"]) == (404, "group_not_found")
    assert saved(ada.get(f"{vision}/vaults"))["items"] == []
    kept = vault(ada, vision, "a = 1", group(ada, vision, "Team"))
    assert put(ada, f"{vision}/vaults/{kept['id']}", {"group_ids": [elsewhere], "content": "a = 2"}).status_code == 404
    assert ada.get(f"{vision}/vaults/{kept['id']}").json()["content"] == "a = 1"


@pytest.mark.feature("V-02")
@pytest.mark.feature("V-09")
def test_clients_get_what_is_enabled_and_theirs_groups_by_name_then_their_own(ada: Person, bob: Person, vision: str) -> None:
    team, others = group(ada, vision, "Team", bob), group(ada, vision, "Others", ada)
    vault(ada, vision, "a = 20", team, name="20")
    switched = vault(ada, vision, "a = 10", team, others, name="10")
    vault(ada, vision, "a = 30", others, name="30")
    put(bob, f"{vision}/vault", {"format": "yaml", "content": "a:\n  - no\n", "enabled": True}, match=None)
    client = sdk(bob, vision)
    client.login()
    assert got(client) == [("group", "10", '{"a":10}'), ("group", "20", '{"a":20}'), ("user", "Personal vault", '{"a":["no"]}')]
    put(ada, f"{vision}/vaults/{switched['id']}", {"enabled": False})
    put(bob, f"{vision}/vault", {"enabled": False})
    assert got(client) == [("group", "20", '{"a":20}')]
    assert ada.delete(f"{vision}/groups/{team}/members/{bob.account['id']}").status_code == 204
    assert got(client) == []


def test_groups_that_are_built_in_or_hold_another_group_count_too(ada: Person, bob: Person, vision: str) -> None:
    users = next(each["id"] for each in saved(ada.get(f"{vision}/groups"))["items"] if each["name"] == "Users")
    outer = saved(ada.post(f"{vision}/groups", {"name": "Outer", "groups": [group(ada, vision, "Inner", bob)]}), 201)["id"]
    vault(ada, vision, "a = 1", users)
    vault(ada, vision, "b = 1", outer, name="Through another group")
    assert [each[2] for each in got(sdk(bob, vision))] == ['{"a":1}', '{"b":1}']
    assert [each[2] for each in got(sdk(ada, vision))] == ['{"a":1}']
    assert sdk(bob, vision).data("users.get_vaults", {"types": ["other"]}) == {"vaults": []}


def test_what_is_effective_is_told_of_oneself_and_to_administrators_of_others(ada: Person, bob: Person, vision: str) -> None:
    made = vault(ada, vision, "a { b = 1, c = 1 }", group(ada, vision, "Team", bob))
    put(bob, f"{vision}/vault", {"content": "a.b = 2", "enabled": True}, match=None)
    own = bob.get(f"{vision}/vault").json()["id"]
    told = saved(bob.get(f"{vision}/effective-configuration"))
    assert told["values"] == {"a": {"b": 2, "c": 1}}
    assert told["keys"] == [
        {"key": "a.b", "value": 2, "vault_id": own, "overridden": [made["id"]]},
        {"key": "a.c", "value": 1, "vault_id": made["id"], "overridden": []},
    ]
    assert [(each["id"], each["scope"]) for each in told["vaults"]] == [(made["id"], "group"), (own, "user")]
    assert saved(ada.get(f"{vision}/effective-configuration?user={bob.account['id']}")) == told
    assert saved(ada.get(f"{vision}/effective-configuration"))["values"] == {}
    assert bob.get(f"{vision}/effective-configuration?user={ada.account['id']}").status_code == 403
    assert ada.get(f"{vision}/effective-configuration?user={id_of(vision)}").status_code == 404


def test_versions_are_listed_read_compared_and_saved_once_more(ada: Person, vision: str) -> None:
    path = f"{vision}/vault"
    for content in ("a = 1, b = 1", "a = 2"):
        put(ada, path, {"content": content})
    assert [(each["version"], each["summary"]) for each in saved(ada.get(f"{path}/versions"))["items"]] == [(2, ["a"]), (1, ["a", "b"])]
    assert saved(ada.get(f"{path}/versions/1"))["content"] == "a = 1, b = 1"
    told = saved(ada.get(f"{path}/diff?older=1&newer=2"))
    assert (told["added"], told["removed"], told["changed"]) == ([], ["b"], ["a"])
    rolled = saved(ada.post(f"{path}/rollback", {"version": 1}))
    assert (rolled["version"], rolled["content"]) == (3, "a = 1, b = 1")
    assert ada.get(f"{path}/versions/9").status_code == 404


@pytest.mark.feature("V-06")
@pytest.mark.parametrize(
    ("status", "code", "content"),
    [
        (400, "configuration_forbidden_key", '"agent"."worker_id" = x'),
        (400, "configuration_letters", "\ufeffa = 1"),
        (422, "invalid_text", "a = \ud800"),
        (400, "configuration_too_large", "#" * 200_000),
        (413, "body_too_large", "#" * 5_000_000),
        (400, "configuration_include", 'include file("/etc/passwd")'),
        (400, "configuration_substitution", "a = ${PATH}"),
    ],
)
def test_bad_input_is_refused_with_a_reason_and_nothing_is_saved(ada: Person, vision: str, status: int, code: str, content: str) -> None:
    refused = put(ada, f"{vision}/vault", {"format": "hocon", "content": content, "enabled": True}, match=None)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert saved(ada.get(f"{vision}/vault"))["version"] == 0


def test_an_editor_is_warned_of_what_reaches_beyond_the_configuration(ada: Person, vision: str) -> None:
    found = saved(put(ada, f"{vision}/vault", {"content": "api.api_server = x\nfiles.a.path = p"}, match=None))
    assert [(each["key"], each["code"]) for each in found["warnings"]] == [
        ("api.api_server", "redirects_clients"),
        ("files.a.path", "writes_files"),
    ]


def test_who_reads_which_text_is_on_record_with_credential_and_address_and_never_what_it_says(
    ada: Person, bob: Person, vision: str
) -> None:
    made = vault(ada, vision, 'sdk.aws.secret = "hunter2"', group(ada, vision, "Team", bob))
    laptop, desk = sdk(bob, vision), sdk(bob, vision)
    for client in (laptop, desk, laptop, desk):
        assert "hunter2" in str(got(client))
    for _ in range(2):
        assert ada.get(f"{vision}/effective-configuration?user={bob.account['id']}").ok
        assert ada.get(f"{vision}/vaults/{made['id']}").ok

    def entries() -> list[dict[str, Any]]:
        found = ada.get(f"{vision}/audit?type=vault.configuration.read").json()["items"]
        return found if len(found) == 5 else []

    told = eventually(entries, within=10)
    assert "hunter2" not in str(told)
    assert [(each["actor"], each["changes"]["use"], each["changes"]["account_id"]) for each in told] == [
        (ada.account["id"], "editor", None),
        (bob.account["id"], "client", bob.account["id"]),
        (bob.account["id"], "client", bob.account["id"]),
        (ada.account["id"], "effective", bob.account["id"]),
        (ada.account["id"], "effective", bob.account["id"]),
    ]
    assert all(each["changes"]["texts"] == [{"configuration_id": made["id"], "version": 1}] for each in told)
    assert told[1]["credential_id"] != told[2]["credential_id"]
    assert [each["ip"] for each in told if each["actor"] == ada.account["id"]] == [ada.ip] * 3
    mine = bob.get("/v1/account/audit?type=vault.configuration.read").json()["items"]
    assert [each["changes"]["use"] for each in mine] == ["client", "client", "effective", "effective"]
