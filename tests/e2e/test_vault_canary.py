"""Nothing given to the vault is anywhere that the system writes: databases, queues, logs, traces, metrics, errors, journals, titles."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import requests

from tests.builders.vault import key_file, private_key
from tests.e2e.test_credentials import bearer, made, token_of
from tests.kit import clouds
from tests.kit.canaries import Canaries
from tests.kit.installations import Installation, distributed
from tests.kit.people import Person
from tests.servers import Postgres, RabbitMQ, eventually, serving

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
OWN, ACCESS = "/v1/account/cloud-credentials", "/v1/account/storage-access"


class Collector:
    """Keeps whatever an OpenTelemetry exporter sends."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        kept = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kept.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    with serving(collector.server):
        yield collector


@pytest.fixture
def aws() -> Iterator[clouds.Aws]:
    with clouds.aws() as running:
        yield running


@pytest.fixture
def talkative(
    tmp_path: Path, postgres_server: Postgres, rabbitmq_server: RabbitMQ, collector: Collector, aws: clouds.Aws
) -> Iterator[Installation]:
    """Every process apart, everything told in the logs that can be, and every span sent."""
    traced = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200", "GATEHOUSE_LOG_LEVEL": "debug"}
    addresses = {f"AWS_ENDPOINT_URL_{service}": aws.url for service in ("IAM", "STS")}
    urls = postgres_server.create_database(), rabbitmq_server.create_vhost()
    with distributed(tmp_path, *urls, **traced, **addresses) as installation:
        yield installation


def saved(person: Person, canaries: Canaries, path: str, name: str) -> list[dict[str, Any]]:
    """One credential of each provider, all of them kept."""
    key = private_key().splitlines()
    canaries.note(key[len(key) // 2])
    bodies = [
        {
            "provider": "aws",
            "access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "secret_access_key": canaries.new(),
            "session_token": canaries.new(200),
        },
        {"provider": "gcp", "credentials": key_file(private_key_id=canaries.new())},
        {"provider": "azure", "account_name": "vision", "account_key": canaries.new(86) + "=="},
        {"provider": "azure", "account_name": "vision", "sas_token": f"?sv=2022&sig={canaries.new()}"},
        {"provider": "s3", "endpoint_url": "https://minio.example.org", "access_key_id": "minio", "secret_access_key": canaries.new()},
    ]
    return [made(person.post(path, {"name": name, "uses": ["data"], **body})) for body in bodies]


def refusals(person: Person, canaries: Canaries, path: str) -> list[requests.Response]:
    """Everything that is wrong with what holds a secret."""
    aws = {"provider": "aws", "name": "wrong", "uses": [], "access_key_id": KEY_ID}
    gcp = {"provider": "gcp", "name": "wrong", "uses": []}
    secret = canaries.new()
    raw = json.dumps(aws | {"secret_access_key": secret})
    return [
        person.post(path, aws | {"secret_access_key": secret + "\n"}),
        person.post(path, aws | {"secret_access_key": secret, "project_id": secret}),
        person.post(path, aws | {"secret_access_key": [secret]}),
        person.post(path, aws | {"secret_access_key": secret, "provider": secret}),
        person.post(path, aws | {"secret_access_key": secret * 500}),
        person.post(path, gcp | {"credentials": key_file(private_key=f"-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----")}),
        person.post(path, gcp | {"credentials": secret}),
        person.post(path, None, data=raw[:-1], headers={"Content-Type": "application/json"}),
        person.post(path, None, data=raw, headers={"Content-Type": "text/plain"}),
        person.post(path, aws | {"secret_access_key": secret}, headers={"Authorization": "Bearer gh_wrong"}),
        person.post(ACCESS, {"bucket": "b", "key": "k", "secret": f" {secret}"}),
    ]


def used(person: Person, canaries: Canaries, path: str, credentials: list[dict[str, Any]]) -> None:
    token = token_of(person, scopes=["secrets"])["token"]
    for credential in credentials:
        one = f"{path}/{credential['id']}"
        given = person.post(f"{one}/use", {"use": "data"}, headers=bearer(token))
        assert given.status_code == 200, given.text
        assert canaries.found_in(given.content), "the search finds what is there"
        link = made(person.post(f"{one}/links", {"use": "data"}))["link"]
        canaries.note(link.rpartition(".")[2])
        for status in (200, 409):
            assert requests.post(link, timeout=20).status_code == status
        person.post(f"{one}/check")
        kept = {
            name: credential[name] for name in ("provider", "name", "endpoint_url", "account_name", "access_key_id") if name in credential
        }
        assert person.call("PUT", one, kept | {"uses": ["data"]}).status_code == 200


def configured(person: Person, canaries: Canaries) -> list[requests.Response]:
    """Texts of configurations saved, changed, refused and served. What is answered here must not repeat them."""
    workspace = person.workspace("configured")
    # Authz may still be on its way to hear of the workspace.
    eventually(lambda: person.get(f"{workspace}/groups").status_code == 200, within=30)
    users = next(each["id"] for each in person.get(f"{workspace}/groups").json()["items"] if each["name"] == "Users")
    own, secret = f"{workspace}/vault", canaries.new()
    vault = {"name": "all", "group_ids": [users], "format": "hocon", "enabled": True}
    kept = made(person.post(f"{workspace}/vaults", vault | {"content": f"a = {secret}"}, headers={"Idempotency-Key": "once"}))["id"]
    for format, text in (("yaml", f"a: {secret} # {canaries.new()}"), ("json", f'{{"a": "{canaries.new()}"}}')):
        change = {"format": format, "content": text, "enabled": True}
        assert person.call("PUT", own, change, headers={"If-Match": "*"}).status_code == 200
    assert person.post(f"{own}/rollback", {"version": 1}).json()["content"].count(secret) == 1
    key = made(person.post(f"{workspace}/credentials", {"label": "sdk"}))
    served = requests.get(f"{person.gatehouse.url}/clearml/users.get_vaults", auth=(key["access_key"], key["secret_key"]), timeout=20)
    assert canaries.found_in(served.content)
    wrong = [("hocon", f"a = {secret} @"), ("json", f"{{{secret}"), ("yaml", f"a: [{secret}"), ("yaml", f"a: !{secret} x"), (secret, "a")]
    refused = [person.call("PUT", own, {"format": format, "content": text}, headers={"If-Match": "*"}) for format, text in wrong]
    assert {answer.status_code for answer in refused} == {400, 422}
    told = ("vaults", f"vaults/{kept}/versions", "vault/versions", "vault/diff?older=1&newer=2", "audit")
    return [*refused, *(person.get(f"{workspace}/{path}") for path in told)]


@pytest.mark.timeout(300)
def test_a_secret_is_nowhere_but_in_the_hands_it_was_given_to(
    talkative: Installation, collector: Collector, tmp_path_factory: pytest.TempPathFactory
) -> None:
    operator, olivia = Person(talkative, "operator"), Person(talkative, "olivia")
    assert operator.sign_up(setup_token=talkative.setup_token).status_code == operator.sign_in().status_code == 201
    canaries, control = Canaries(), Canaries()
    olivia.arrived()
    vision = f"{olivia.workspace()}/cloud-credentials"
    own, ours = (saved(olivia, canaries, path, control.new()) for path in (OWN, vision))
    access = made(olivia.post(ACCESS, {"bucket": "models", "secret": f"?sig={canaries.new()}"}))
    assert canaries.found_in(olivia.post(f"{ACCESS}/{access['id']}/use").content)
    answers = [answer for path in (OWN, vision) for answer in refusals(olivia, canaries, path)]
    assert {answer.status_code for answer in answers} == {400, 401, 415, 422}
    answers += configured(olivia, canaries)
    used(olivia, canaries, OWN, own)
    used(olivia, canaries, vision, ours)
    told = [olivia.get(path) for path in (OWN, ACCESS, vision, "/v1/account/audit?limit=200", f"{olivia.workspace()}/audit")]
    eventually(lambda: olivia.get("/v1/account/audit?type=vault.secret_link.reopened").json()["items"], within=20)
    told.append(exported := operator.get("/v1/audit/export"))
    assert b"vault.secret_link.reopened" in exported.content
    assert not [(answer.url, marker) for answer in (*answers, *told) for marker in canaries.found_in(answer.content)]
    eventually(lambda: any(b"rpc vault.use_cloud_credential" in sent for sent in collector.received), within=20)
    assert not [marker for sent in collector.received for marker in canaries.found_in(sent)]
    for process in talkative:
        assert not canaries.found_in(requests.get(f"http://{process.address}/metrics", timeout=10).content)
        assert not canaries.found_in(" ".join(psutil.Process(process.pid).cmdline()).encode())
    talkative.stop()
    url = talkative.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    everything = tmp_path_factory.getbasetemp()
    assert control.in_rows(url), "the search finds what is there"
    assert control.in_files([everything]), "the search finds what is there"
    assert canaries.in_rows(url) == []
    assert canaries.in_files([everything]) == []
