"""What DVC and DVCLive post, as they post it, and what of it is kept."""

import json
from typing import Any

import pytest
import requests

from tests.e2e.lasting import lasting
from tests.kit.installations import Installation
from tests.kit.people import Person

olivia, ada = lasting("olivia"), lasting("ada")

SHA = "9b" * 20
REPO = "git@git.example:acme/churn.git"


class Client:
    """Posts with a token, as the real clients do."""

    def __init__(self, url: str, token: str, ip: str = "10.3.0.1") -> None:
        self.url, self.headers = url, {"Authorization": f"token {token}", "X-Forwarded-For": ip}

    def post(self, path: str, body: Any) -> requests.Response:
        return requests.post(self.url + path, json=body, headers=self.headers, timeout=30, allow_redirects=False)

    def get(self, path: str, **query: Any) -> requests.Response:
        return requests.get(self.url + path, params=query, headers=self.headers, timeout=30, allow_redirects=False)

    def live(self, kind: str, **more: Any) -> requests.Response:
        run = {"repo_url": REPO, "baseline_sha": SHA, "name": "vocal-imp", "client": "dvclive"}
        return self.post("/api/live", {**run, "type": kind, **more})


def token(person: Person, **terms: Any) -> dict[str, Any]:
    made = person.post("/v1/account/tokens", {"name": "laptop", "scopes": ["experiments"], **terms})
    assert made.status_code == 201, made.text
    return made.json()


def client(person: Person, **terms: Any) -> Client:
    return Client(person.gatehouse.url, token(person, **terms)["token"])


def kept(person: Person, workspace: str = "") -> list[dict[str, Any]]:
    home = workspace or f"/v1/workspaces/{person.get('/v1/account').json()['personal_workspace_id']}"
    answer = person.get(f"{home}/experiments")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


@pytest.mark.feature("C-04")
def test_a_run_reports_into_the_personal_workspace(ada: Person) -> None:
    run = client(ada)
    metrics = {"dvclive/metrics.json": {"data": {"loss": "nan", "step": 3}}}
    for _ in range(2):
        answers = [run.live("start", message="try"), run.live("data", step=3, metrics=metrics, params={"p.yaml": {"lr": 0.1}})]
        answers += [run.live("data", step=3, plots={"p.tsv": {"data": []}}), run.live("done", experiment_rev="ab" * 20)]
        assert [answer.status_code for answer in answers] == [200] * 4
    [found] = kept(ada)
    assert (found["name"], found["status"], found["step"], found["metrics"]) == ("vocal-imp", "done", 3, metrics)
    assert found["reported_by"] == ada.account["id"]


def test_every_report_counts_as_a_call_of_the_interface(ada: Person) -> None:
    [process] = ada.gatehouse
    before, run = process.metric("gatehouse_api_calls_total", surface="studio", call="live"), client(ada)
    assert [run.live("start").status_code, run.live("done").status_code, run.live("nonsense").status_code] == [200, 200, 422]
    assert process.metric("gatehouse_api_calls_total", surface="studio", call="live") == before + 3


def test_a_token_for_one_workspace_reports_there(newcomer: Person) -> None:
    workspace = newcomer.workspace()
    assert client(newcomer, workspace_ids=[workspace.rpartition("/")[2]]).live("start").status_code == 200
    assert len(kept(newcomer, workspace)) == 1
    assert kept(newcomer) == []


def test_viewers_report_nothing_and_former_members_neither(ada: Person, olivia: Person) -> None:
    workspace = olivia.workspace()
    olivia.welcome(workspace, ada, role="viewer")
    run = client(ada, workspace_ids=[workspace.rpartition("/")[2]])
    assert run.live("start").status_code == 403
    assert ada.delete(f"{workspace}/members/me").status_code == 204
    answer = run.live("start")
    assert (answer.status_code, set(answer.json())) == (403, {"detail"})
    assert kept(olivia, workspace) == []


@pytest.mark.feature("C-03")
def test_a_deleted_token_is_refused_at_once(ada: Person) -> None:
    made = token(ada)
    run = Client(ada.gatehouse.url, made["token"])
    assert run.live("start").status_code == 200
    assert ada.delete(f"/v1/account/tokens/{made['id']}").status_code == 204
    answer = run.live("data", step=1)
    assert (answer.status_code, set(answer.json())) == (401, {"detail"})
    assert len(answer.text) < 200


@pytest.mark.parametrize("path", ["/api/live", "/webhook/dvc", "/api/device-logout"])
def test_without_a_token_nothing_is_taken_not_even_with_a_cookie(gatehouse: Installation, ada: Person, path: str) -> None:
    for headers in ({}, {"Cookie": f"gatehouse_session={ada.token}"}, {"Authorization": "token not-a-token"}):
        answer = requests.post(gatehouse.url + path, json={}, headers=headers, timeout=30)
        assert (answer.status_code, set(answer.json())) == (401, {"detail"})


def test_a_token_without_the_scope_is_told_which(ada: Person) -> None:
    answer = client(ada, scopes=["models"]).live("start")
    assert answer.status_code == 403
    assert "experiments" in answer.json()["detail"]


def test_a_token_for_experiments_opens_no_account_routes(gatehouse: Installation, ada: Person) -> None:
    answer = client(ada).get("/v1/account")
    assert (answer.status_code, answer.json()["code"], answer.json()["errors"]) == (403, "scope_missing", {"scope": ["account"]})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"[]", 422),
        (b'{"type": NaN}', 400),
        (b'{"type": "stop"}', 422),
        (b'{"a": ' * 500 + b"1" + b"}" * 500, 422),
        (b'{"a": ' * 100_000 + b"1" + b"}" * 100_000, 400),
        (b'{"type": "start", "name": "\\u0000"}', 422),
    ],
)
@pytest.mark.parametrize("path", ["/api/live", "/webhook/dvc"])
def test_nonsense_is_refused_in_short(gatehouse: Installation, reporter: Client, path: str, body: bytes, status: int) -> None:
    answer = requests.post(gatehouse.url + path, data=body, headers=reporter.headers, timeout=30)
    assert (answer.status_code, set(answer.json())) == (status, {"detail"})
    assert len(answer.text) < 300


@pytest.fixture(scope="module")
def reporter(gatehouse_of_module: Person) -> Client:
    return client(gatehouse_of_module)


@pytest.fixture(scope="module")
def gatehouse_of_module(embedded_gatehouse: Installation) -> Person:
    return Person(embedded_gatehouse, "reporter").arrived()


def test_large_plots_are_taken_and_dropped(newcomer: Person) -> None:
    run = client(newcomer)
    image = {"image": "x" * 9_000_000}
    assert run.live("data", step=1, plots={"a.png": image, "b.png": image, "c.png": image}).status_code == 200
    assert kept(newcomer)[0]["step"] == 1
    assert run.live("data", step=2, metrics={"m.json": {"data": {"loss": "x" * 2_000_000}}}).status_code == 413
    assert kept(newcomer)[0]["step"] == 1


def test_bodies_have_an_end(ada: Person) -> None:
    assert client(ada).live("data", step=1, plots={"p": "x" * 32_000_000}).status_code == 413


@pytest.mark.parametrize("path", ["/api/live", "/api/live/"])
def test_nothing_redirects(ada: Person, path: str) -> None:
    run = {"repo_url": "/tmp/repo", "baseline_sha": "0" * 40, "name": "x", "client": "dvc", "type": "start"}
    assert client(ada).post(path, run).status_code == 200


def test_pushes_are_answered_by_an_object_and_seen_by_editors(ada: Person) -> None:
    run = client(ada)
    assert run.live("start").status_code == 200
    ref = f"refs/exps/{SHA[:2]}/{SHA[2:]}/pushed-one"
    answer = run.post("/webhook/dvc", {"repo_url": REPO, "client": "dvc", "refs": {"pushed": [ref]}})
    assert (answer.status_code, answer.json()) == (200, {})
    seen = run.get("/api/view-links", commits=[SHA, "cd" * 20], git_remote_url=REPO)
    assert seen.json() == {"live": [{"baseline_sha": SHA, "name": "vocal-imp"}], "pushed": ["pushed-one"], "view_url": None}
    assert run.post("/webhook/dvc", {"repo_url": REPO, "client": "dvc", "refs": {"removed": [ref]}}).json() == {}
    assert run.get("/api/view-links", commits=[SHA], git_remote_url=REPO).json()["pushed"] == []
    assert run.get("/api/view-links").json() == {"live": [], "pushed": [], "view_url": None}


def test_models_are_kept_elsewhere(ada: Person) -> None:
    answer = client(ada).get("/api/model-registry/get-download-uris", repo=REPO, name="model")
    assert (answer.status_code, set(answer.json())) == (404, {"detail"})


def test_an_unknown_address_of_a_webhook_is_json_too(gatehouse: Installation) -> None:
    answer = requests.post(f"{gatehouse.url}/webhook/other", json={}, timeout=30)
    assert answer.status_code == 404
    assert json.loads(answer.text)["detail"]
