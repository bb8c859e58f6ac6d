"""Cloud credentials, storage access and one-time links through the gateway: who may do what, and what is on record."""

from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.builders.vault import AWS, S3, key_file
from tests.e2e.lasting import lasting
from tests.e2e.test_bad_input import refused
from tests.e2e.test_credentials import basic, bearer, made, token_of
from tests.kit.people import Person
from tests.servers import eventually

olivia, ada = lasting("olivia"), lasting("ada")

OWN = "/v1/account/cloud-credentials"
ACCESS = "/v1/account/storage-access"
TRAINING = {"provider": "aws", "name": "training", "uses": ["compute"], **AWS}
SECRET = AWS["secret_access_key"]
MASK = "********"


def handed(person: Person, path: str, token: str, use: str = "compute") -> requests.Response:
    return person.post(f"{path}/use", {"use": use}, headers=bearer(token))


def secrets_token(person: Person, **terms: Any) -> str:
    return str(token_of(person, scopes=["secrets"], **terms)["token"])


@pytest.mark.feature("V-11")
@pytest.mark.feature("V-12")
def test_own_credentials_are_kept_masked_changed_and_deleted(olivia: Person) -> None:
    for body in (
        TRAINING,
        {"provider": "gcp", "name": "google", "uses": [], "credentials": key_file()},
        {"provider": "s3", "name": "m", "uses": [], **S3},
    ):
        answer = olivia.post(OWN, body)
        added = made(answer)
        assert answer.headers["Location"] == f"{OWN}/{added['id']}"
        assert olivia.get(answer.headers["Location"]).json() == added
        assert not any(secret in answer.text for secret in (SECRET, S3["secret_access_key"], "PRIVATE KEY"))
    items = olivia.get(OWN).json()["items"]
    assert [item["provider"] for item in items] == ["aws", "gcp", "s3"]
    path = f"{OWN}/{items[0]['id']}"
    masked = {name: items[0][name] for name in TRAINING}
    assert masked["secret_access_key"] == MASK
    changed = olivia.call("PUT", path, masked | {"name": "other", "uses": ["data", "compute"]})
    assert (changed.status_code, changed.json()["name"], changed.json()["uses"]) == (200, "other", ["data", "compute"])
    assert handed(olivia, path, secrets_token(olivia)).json()["values"] == AWS
    assert olivia.delete(path).status_code == 204
    refused(olivia.get(path), 404, "cloud_credential_not_found")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (TRAINING | {"project_id": "vision-123"}, "project_id"),
        (TRAINING | {"secret_access_key": SECRET + "\n"}, "secret_access_key"),
        (TRAINING | {"access_key_id": "AKIA\r\nX-Evil: 1"}, "access_key_id"),
        (TRAINING | {"provider": "ibm"}, "provider"),
        (TRAINING | {"uses": ["mining"]}, "uses"),
        (TRAINING | {"surprise": 1}, "surprise"),
        ({"provider": "aws", "name": "none", "uses": []}, "access_key_id"),
        ({"provider": "gcp", "name": "g", "uses": [], "credentials": key_file(private_key="-----BEGIN no key")}, "credentials"),
        ({"provider": "gcp", "name": "g", "uses": [], "credentials": "\ufeff" + key_file()}, "credentials"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_saved(olivia: Person, body: dict[str, Any], named: str) -> None:
    before = olivia.get(OWN).json()
    problem = refused(olivia.post(OWN, body), 422, "invalid_fields")
    assert named in problem["errors"]
    assert SECRET not in str(problem)
    assert olivia.get(OWN).json() == before


@pytest.mark.feature("V-13")
def test_a_token_with_the_scope_is_handed_what_is_bound_to_the_use_and_it_is_on_record(newcomer: Person) -> None:
    path = f"{OWN}/{made(newcomer.post(OWN, TRAINING))['id']}"
    token = token_of(newcomer, scopes=["secrets"])
    assert handed(newcomer, path, token["token"]).json()["values"] == AWS
    refused(handed(newcomer, path, token["token"], "data"), 403, "use_not_bound")
    refused(newcomer.post(f"{path}/use", {"use": "compute"}), 403, "token_required")
    refused(handed(newcomer, path, token_of(newcomer)["token"]), 403, "scope_missing")
    vision = newcomer.workspace().rpartition("/")[2]
    refused(handed(newcomer, path, secrets_token(newcomer, workspace_ids=[vision])), 403, "workspace_not_covered")
    [use] = eventually(lambda: newcomer.get("/v1/account/audit?type=vault.secret.used").json()["items"], within=10)
    assert (use["actor"], use["credential_id"], use["ip"]) == (newcomer.account["id"], token["id"], newcomer.ip)
    assert (use["changes"]["use"], use["changes"]["record_id"]) == ("compute", path.rpartition("/")[2])


def test_nobody_elses_credentials_are_there(olivia: Person, ada: Person) -> None:
    path = f"{OWN}/{made(olivia.post(OWN, TRAINING))['id']}"
    for answer in (
        ada.get(path),
        ada.call("PUT", path, TRAINING),
        ada.delete(path),
        ada.post(f"{path}/check", {}),
        ada.post(f"{path}/links", {"use": "compute"}),
        handed(ada, path, secrets_token(ada)),
    ):
        refused(answer, 404, "cloud_credential_not_found")


@pytest.mark.feature("V-11")
def test_a_workspace_holds_credentials_that_administrators_keep_and_editors_programs_use(olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    ours = f"{vision}/cloud-credentials"
    path = f"{ours}/{made(olivia.post(ours, TRAINING))['id']}"
    refused(ada.get(ours), 404, "workspace_not_found")
    olivia.welcome(vision, ada)
    assert [item["id"] for item in ada.get(ours).json()["items"]] == [path.rpartition("/")[2]]
    for answer in (
        ada.post(ours, TRAINING),
        ada.call("PUT", path, TRAINING),
        ada.delete(path),
        ada.post(f"{path}/links", {"use": "compute"}),
    ):
        refused(answer, 403, "role_insufficient")
    assert handed(ada, path, secrets_token(ada)).json()["values"] == AWS
    pair = made(ada.post(f"{vision}/credentials", {}))
    assert ada.post(f"{path}/use", {"use": "compute"}, headers=basic(pair)).json()["values"] == AWS
    refused(ada.post(f"{path}/use", {"use": "compute"}), 403, "token_required")
    refused(olivia.get(f"{OWN}/{path.rpartition('/')[2]}"), 404, "cloud_credential_not_found")
    olivia.call("PATCH", f"{vision}/members/{ada.account['id']}", {"role": "viewer"})
    refused(handed(ada, path, secrets_token(ada)), 403, "role_insufficient")


def test_a_retried_addition_adds_once(newcomer: Person) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first, second = (made(newcomer.post(OWN, TRAINING, headers=key)) for _ in range(2))
    assert first == second
    assert len(newcomer.get(OWN).json()["items"]) == 1


@pytest.mark.feature("V-14")
def test_the_lists_are_shown_and_a_pasted_policy_is_judged_by_them(olivia: Person) -> None:
    lists = {name: olivia.get(f"/v1/cloud-permissions/{name}").json()["permissions"] for name in ("aws", "gcp")}
    assert (len(lists["aws"]), len(lists["gcp"])) == (41, 44)
    refused(olivia.get("/v1/cloud-permissions/s3"), 404, "not_found")
    path = f"{OWN}/{made(olivia.post(OWN, TRAINING))['id']}/check"
    policy = {
        "Statement": [{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Action": "ec2:Run*", "Resource": "*"}]
    }
    found = olivia.post(path, {"policy": policy}).json()
    assert found["source"] == "policy"
    assert found["missing"] == ["ec2:RunInstances", *(action for action in lists["aws"] if action.startswith("s3:"))]
    problem = refused(olivia.post(path, {"policy": {"Statement": [{"Effect": "Maybe"}]}}), 422, "invalid_policy")
    assert list(problem["errors"]["policy"]) == ["Statement[0].Effect"]


def test_a_link_hands_over_once_and_who_made_it_hears_of_a_second_time(olivia: Person) -> None:
    path = f"{OWN}/{made(olivia.post(OWN, TRAINING))['id']}"
    link = made(olivia.post(f"{path}/links", {"use": "compute", "minutes": 5}))
    address = link["link"]
    assert address.startswith(f"{olivia.gatehouse.url}/v1/secret-links/gs_")
    assert requests.get(address, timeout=10).status_code == 405
    assert requests.post(address, timeout=10).json()["values"] == AWS
    refused(requests.post(address, timeout=10), 409, "secret_link_used")
    refused(requests.post(address[:-3] + "xyz", timeout=10), 404, "secret_link_unknown")
    [notice] = eventually(lambda: olivia.get("/v1/account/notices").json()["items"], within=10)
    assert (notice["kind"], notice["subject_id"]) == ("secret_link_reopened", link["id"])
    token = secrets_token(olivia)
    refused(olivia.post(f"{path}/links", {"use": "compute"}, headers=bearer(token)), 403, "scope_missing")


@pytest.mark.feature("V-15")
def test_storage_access_is_for_the_browser_of_its_owner(olivia: Person, ada: Person) -> None:
    keys = {"bucket": "models", "key": "AKIAIOSFODNN7EXAMPLE", "secret": SECRET, "region": "eu-central-1"}
    sas = {"bucket": "models", "secret": "?sv=2022&sig=abcdefghijk", "host": "vision.blob.core.windows.net"}
    added = [made(olivia.post(ACCESS, body)) for body in (keys, sas)]
    listed = olivia.get(ACCESS)
    assert listed.json()["items"] == added
    assert [item["secret"] for item in added] == [MASK, MASK]
    path = f"{ACCESS}/{added[0]['id']}"
    assert olivia.post(f"{path}/use").json()["values"] == keys
    refused(olivia.post(f"{path}/use", headers=bearer(token_of(olivia, scopes=["account", "secrets"])["token"])), 403, "session_required")
    refused(ada.post(f"{path}/use"), 404, "storage_access_not_found")
    kept = {name: added[0][name] for name in keys} | {"region": "us-west-2"}
    assert olivia.call("PUT", path, kept).json()["region"] == "us-west-2"
    assert olivia.post(f"{path}/use").json()["values"] == keys | {"region": "us-west-2"}
    assert "secret" in refused(olivia.post(ACCESS, {"bucket": "models"}), 422, "invalid_fields")["errors"]
    assert olivia.delete(path).status_code == 204
    assert [item["id"] for item in olivia.get(ACCESS).json()["items"]] == [added[1]["id"]]
