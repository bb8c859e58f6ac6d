"""Tokens and key pairs through the gateway: what they are good for, and that their end is at once."""

import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import requests

from services.chassis import tokens
from tests.e2e.lasting import lasting
from tests.e2e.test_bad_input import refused
from tests.kit.installations import Installation
from tests.kit.people import PASSWORD, Person
from tests.servers import eventually

olivia, ada = lasting("olivia"), lasting("ada")

SCOPES = ["account", "workspaces"]


def bearer(token: str, scheme: str = "Bearer") -> dict[str, str]:
    return {"Authorization": f"{scheme} {token}"}


def basic(pair: dict[str, Any]) -> dict[str, str]:
    both = f"{pair['access_key']}:{pair['secret_key']}"
    return {"Authorization": f"Basic {b64encode(both.encode()).decode()}"}


def made(answer: requests.Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def token_of(person: Person, **terms: Any) -> dict[str, Any]:
    return made(person.post("/v1/account/tokens", {"name": "ci", "scopes": SCOPES, **terms}))


@pytest.mark.feature("C-01")
def test_a_token_works_under_both_schemes_and_is_shown_once(olivia: Person) -> None:
    token = token_of(olivia)
    for scheme in ("Bearer", "token"):
        assert olivia.get("/v1/account", headers=bearer(token["token"], scheme)).json()["id"] == olivia.account["id"]
    listed = olivia.get("/v1/account/tokens").json()["items"]
    assert [item["id"] for item in listed] == [token["id"]]
    assert "token" not in listed[0]
    assert token["token"].startswith(listed[0]["prefix"])


@pytest.mark.feature("C-02")
def test_regenerating_ends_the_old_secret_and_starts_the_new_at_once(olivia: Person) -> None:
    former = made(olivia.post("/v1/account/tokens", {"kind": "studio", "scopes": ["experiments"]}))
    assert former["token"].startswith("isat_")
    refused(olivia.post("/v1/account/tokens", {"kind": "studio"}), 409, "studio_token_exists")
    # So that the gateway remembers it; the token is good, only not for this.
    refused(olivia.get("/v1/account", headers=bearer(former["token"])), 403, "scope_missing")
    new = olivia.post(f"/v1/account/tokens/{former['id']}/regenerate").json()
    refused(olivia.get("/v1/account", headers=bearer(former["token"])), 401, "credential_invalid")
    refused(olivia.get("/v1/account", headers=bearer(new["token"])), 403, "scope_missing")


@pytest.mark.feature("C-03")
def test_a_revoked_token_is_refused_by_the_next_request(olivia: Person) -> None:
    kept, gone = token_of(olivia), token_of(olivia)
    for token in (kept, gone):
        assert olivia.get("/v1/account", headers=bearer(token["token"])).status_code == 200
    assert olivia.delete(f"/v1/account/tokens/{gone['id']}").status_code == 204
    refused(olivia.get("/v1/account", headers=bearer(gone["token"])), 401, "credential_invalid")
    assert olivia.get("/v1/account", headers=bearer(kept["token"])).status_code == 200
    refused(olivia.delete(f"/v1/account/tokens/{gone['id']}"), 404, "token_not_found")
    path = "/v1/account/audit?type=identity.token.revoked"
    assert len(eventually(lambda: olivia.get(path).json()["items"], within=10)) == 1


def test_a_token_is_good_for_its_scopes_only(olivia: Person) -> None:
    experiments = token_of(olivia, scopes=["experiments"])["token"]
    vision = olivia.workspace()
    for method, path in (("GET", "/v1/account"), ("GET", "/v1/account/tokens"), ("DELETE", "/v1/account")):
        problem = refused(olivia.call(method, path, headers=bearer(experiments)), 403, "scope_missing")
        assert problem["errors"] == {"scope": ["account"]}
    for path in ("/v1/workspaces", vision, f"{vision}/members"):
        problem = refused(olivia.get(path, headers=bearer(experiments)), 403, "scope_missing")
        assert problem["errors"] == {"scope": ["workspaces"]}


def test_no_token_makes_itself_more_than_it_was_given(olivia: Person) -> None:
    token = bearer(token_of(olivia)["token"])
    vision = olivia.workspace()
    body = {"name": "more", "scopes": ["secrets"]}
    for method, path, json in (
        ("POST", "/v1/account/tokens", body),
        ("GET", "/v1/account/tokens", None),
        ("DELETE", "/v1/account", {"password": "x", "confirm": "y"}),
        ("POST", f"{vision}/credentials", {}),
    ):
        refused(olivia.call(method, path, json, headers=token), 403, "session_required")


def test_a_token_of_one_workspace_does_nothing_in_another(olivia: Person) -> None:
    vision, other = olivia.workspace("vision"), olivia.workspace("other")
    bound = bearer(token_of(olivia, workspace_ids=[vision.rpartition("/")[2]])["token"])
    assert olivia.get(vision, headers=bound).status_code == 200
    refused(olivia.get(other, headers=bound), 403, "workspace_not_covered")
    refused(olivia.get(f"/v1/workspaces/{uuid4()}", headers=bound), 403, "workspace_not_covered")
    refused(olivia.post("/v1/workspaces", {"name": "third"}, headers=bound), 403, "workspace_not_covered")
    assert [item["name"] for item in olivia.get("/v1/workspaces", headers=bound).json()["items"]] == ["vision"]


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": "account"}, "scopes"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"workspace_ids": []}, "workspace_ids"),
        ({"workspace_ids": [str(uuid4())]}, "workspace_ids"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"kind": "root"}, "kind"),
        ({"kind": "studio"}, "scopes"),
        ({"account_id": str(uuid4())}, "account_id"),
        ({"digest": "0" * 64}, "digest"),
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(olivia: Person, terms: dict[str, Any], field: str) -> None:
    before = olivia.get("/v1/account/tokens").json()
    answer = olivia.post("/v1/account/tokens", {"name": "ci", "scopes": SCOPES, **terms})
    assert field in refused(answer, 422, "invalid_fields")["errors"]
    assert olivia.get("/v1/account/tokens").json() == before


def test_tokens_of_others_do_not_exist(olivia: Person, ada: Person) -> None:
    token = token_of(olivia)
    refused(ada.delete(f"/v1/account/tokens/{token['id']}"), 404, "token_not_found")
    refused(ada.post(f"/v1/account/tokens/{token['id']}/regenerate"), 404, "token_not_found")
    assert ada.get("/v1/account/tokens").json()["items"] == []
    assert olivia.get("/v1/account", headers=bearer(token["token"])).status_code == 200


def test_the_last_use_of_a_token_is_told(newcomer: Person) -> None:
    token = token_of(newcomer)
    newcomer.get("/v1/account", headers=bearer(token["token"]))

    def used() -> dict[str, Any] | None:
        [listed] = newcomer.get("/v1/account/tokens").json()["items"]
        return listed if listed["last_used_at"] else None

    assert eventually(used, within=10)["last_used_ip"] == newcomer.ip


def pair_of(person: Person, workspace: str, **terms: Any) -> dict[str, Any]:
    return made(person.post(f"{workspace}/credentials", terms))


@pytest.mark.feature("C-05", "C-11")
def test_a_key_pair_works_in_its_workspace_only(olivia: Person) -> None:
    vision, other = olivia.workspace("vision"), olivia.workspace("other")
    pair = pair_of(olivia, vision)
    assert olivia.get(vision, headers=basic(pair)).json()["name"] == "vision"
    refused(olivia.get(other, headers=basic(pair)), 403, "workspace_not_covered")
    refused(olivia.get("/v1/account", headers=basic(pair)), 403, "scope_missing")
    wrong = pair | {"secret_key": pair["secret_key"][:-1] + "~"}
    refused(olivia.get(vision, headers=basic(wrong)), 401, "credential_invalid")


@pytest.mark.feature("C-05")
def test_only_a_member_makes_a_key_pair(olivia: Person, ada: Person) -> None:
    refused(ada.post(f"{olivia.workspace()}/credentials", {}), 404, "workspace_not_found")


@pytest.mark.feature("C-06", "C-07", "C-08")
def test_the_texts_hold_what_a_client_needs_and_nothing_else_ever_has_the_secret(gatehouse: Installation, olivia: Person) -> None:
    vision = olivia.workspace('vis } "ion"')
    pair = pair_of(olivia, vision, label="lap }top # {")
    lines = pair["configuration"].split("\n")
    urls = dict(re.findall(r'(\w+)_server: "(\S+)"', pair["configuration"]))
    assert urls == {"web": gatehouse.url, "api": f"{gatehouse.url}/clearml", "files": f"{gatehouse.url}/files"}
    assert (lines[0], lines[-1]) == ("api {", "}")
    assert all(line.strip() and line != "}" for line in lines[:-1])
    assert f'"access_key" = "{pair["access_key"]}"' in pair["configuration"]
    assert f'"secret_key" = "{pair["secret_key"]}"' in pair["configuration"]
    assert f"%env CLEARML_API_SECRET_KEY={pair['secret_key']}" in pair["environment"].split("\n")
    listed = olivia.get(f"{vision}/credentials")
    assert pair["access_key"] in listed.text
    assert pair["secret_key"] not in listed.text + olivia.get(f"{vision}/audit").text


@pytest.mark.feature("C-09", "C-10")
def test_members_manage_their_own_pairs_and_administrators_all(olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    olivia.welcome(vision, ada, "editor")
    own, olivias = pair_of(ada, vision, label="hers"), pair_of(olivia, vision)
    assert [item["access_key"] for item in ada.get(f"{vision}/credentials").json()["items"]] == [own["access_key"]]
    assert len(olivia.get(f"{vision}/credentials").json()["items"]) == 2
    refused(ada.call("PATCH", f"{vision}/credentials/{olivias['access_key']}", {"label": "mine"}), 403, "key_pair_of_another")
    refused(ada.delete(f"{vision}/credentials/{olivias['access_key']}"), 403, "key_pair_of_another")
    labelled = olivia.call("PATCH", f"{vision}/credentials/{own['access_key']}", {"label": "ours"}).json()
    assert (labelled["label"], labelled["created_by"]["account_id"]) == ("ours", ada.account["id"])
    assert ada.get(vision, headers=basic(own)).status_code == 200
    assert olivia.delete(f"{vision}/credentials/{own['access_key']}").status_code == 204
    refused(ada.get(vision, headers=basic(own)), 401, "credential_invalid")
    refused(olivia.delete(f"{vision}/credentials/{own['access_key']}"), 404, "key_pair_not_found")
    refused(olivia.delete(f"{vision}/credentials/nonsense"), 404, "not_found")


def _leave(olivia: Person, ada: Person, vision: str) -> requests.Response:
    return ada.delete(f"{vision}/members/me")


def _remove(olivia: Person, ada: Person, vision: str) -> requests.Response:
    return olivia.delete(f"{vision}/members/{ada.account['id']}")


def _delete(olivia: Person, ada: Person, vision: str) -> requests.Response:
    return olivia.delete(vision)


@pytest.mark.feature("W-10", "W-11")
@pytest.mark.parametrize("end", [_leave, _remove, _delete])
def test_a_membership_takes_its_key_pairs_with_it_and_nothing_else(
    olivia: Person, ada: Person, end: Callable[[Person, Person, str], requests.Response]
) -> None:
    vision, own = olivia.workspace(), ada.workspace("own")
    olivia.welcome(vision, ada)
    lost, kept = pair_of(ada, vision), pair_of(ada, own)
    token = bearer(token_of(ada)["token"])
    for path, headers in ((vision, basic(lost)), (own, basic(kept)), (vision, token)):
        assert ada.get(path, headers=headers).status_code == 200
    assert end(olivia, ada, vision).status_code == 204
    refused(ada.get(vision, headers=basic(lost)), 401, "credential_invalid")
    refused(ada.get(vision, headers=token), 404, "workspace_not_found")
    assert ada.get(own, headers=basic(kept)).status_code == 200
    assert ada.get(own, headers=token).status_code == 200


def test_who_comes_back_has_to_make_new_key_pairs(olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    olivia.welcome(vision, ada)
    pair = pair_of(ada, vision)
    assert ada.delete(f"{vision}/members/me").status_code == 204
    olivia.welcome(vision, ada)
    assert eventually(lambda: ada.get(vision, headers=basic(pair)).status_code == 401, within=10)
    assert ada.get(vision, headers=basic(pair_of(ada, vision))).status_code == 200


@pytest.mark.feature("I-15")
def test_a_new_password_takes_every_credential_with_it_if_asked_to(olivia: Person, ada: Person) -> None:
    vision = ada.workspace()
    token, pair = bearer(token_of(ada)["token"]), basic(pair_of(ada, vision))
    device = olivia.post("/v1/device-authorizations", {"client_name": "DVC"}).json()
    assert ada.post(f"/v1/device-authorizations/{device['user_code']}", {"approve": True}).status_code == 200
    passwords = [PASSWORD, "another correct horse battery", "a third correct horse battery"]

    def change(current: str, new: str, revoke: bool) -> requests.Response:
        body = {"current_password": current, "new_password": new, "revoke_credentials": revoke}
        return ada.call("PUT", "/v1/account/password", body)

    assert change(passwords[0], passwords[1], revoke=False).status_code == 204
    assert [ada.get(vision, headers=shown).status_code for shown in (token, pair)] == [200, 200]
    assert change(passwords[1], passwords[2], revoke=True).status_code == 204
    for shown in (token, pair):
        refused(ada.get(vision, headers=shown), 401, "credential_invalid")
    refused(olivia.post("/v1/device-authorizations/token", {"code": device["device_code"]}), 400, "expired_token")
    assert ada.get("/v1/account/tokens").json()["items"] == []
    assert ada.get(vision).status_code == 200


def _typo(token: str) -> str:
    return token[:-1] + ("a" if token[-1] != "a" else "b")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Basic bm9jb2xvbg==", "basic_malformed"),
        ("Basic !!!", "basic_malformed"),
        ("Basic OnNlY3JldA==", "basic_malformed"),
        ("Basic", "authorization_unsupported"),
        ("Basic " + b64encode(b"A" * 30 + b":").decode(), "credential_invalid"),
        ("Basic " + b64encode(b"\xff\xfe:\x00").decode(), "credential_invalid"),
        ("Basic " + b64encode(b"a" * 6020 + b":b").decode(), "authorization_unsupported"),
        ("Digest username=x", "authorization_unsupported"),
        ("Bearer a.b.c", "jwt_invalid"),
        pytest.param("Bearer " + _typo(tokens.new("gh_")), "token_malformed", id="mistyped"),
        ("token isat_", "token_malformed"),
        pytest.param("token " + tokens.new("isat_"), "credential_invalid", id="never given out"),
    ],
)
def test_a_bad_credential_gets_a_typed_refusal(gatehouse: Installation, header: str, code: str) -> None:
    refused(Person(gatehouse, "eve").get("/v1/account", headers={"Authorization": header}), 401, code)


def test_a_header_of_a_megabyte_is_refused(gatehouse: Installation) -> None:
    answer = Person(gatehouse, "eve").get("/v1/account", headers={"Authorization": "Basic " + "A" * 1_048_576})
    assert 400 <= answer.status_code < 500


def test_the_public_keys_are_there_for_everybody_and_rotate_at_a_command(gatehouse: Installation) -> None:
    def known() -> list[str]:
        answer = Person(gatehouse, "eve").get("/.well-known/jwks.json")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/jwk-set+json")
        assert not any("d" in key for key in answer.json()["keys"])
        return [key["kid"] for key in answer.json()["keys"]]

    first = gatehouse.run("keys", "rotate").split()[-1]
    second = gatehouse.run("keys", "rotate").split()[-1]
    assert {first, second} <= set(known())
