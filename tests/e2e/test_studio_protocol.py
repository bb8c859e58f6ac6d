"""The protocol of DVC's clients, statement by statement, where no other test has it already."""

import pytest
import requests

from tests.e2e.lasting import lasting
from tests.e2e.test_live_updates import SHA, client, kept
from tests.e2e.test_studio_login import Device, refused
from tests.kit.installations import Installation
from tests.kit.people import Person

ada = lasting("ada")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("end", ["", "/"])
@pytest.mark.parametrize(
    "path",
    [
        *("/api/device-login", "/api/device-login/token", "/api/device-logout", "/api/live", "/webhook/dvc"),
        *("/api/view-links", "/api/model-registry/get-download-uris", "/api/unknown", "/webhook/unknown"),
    ],
)
def test_no_address_redirects_and_each_answers_json(gatehouse: Installation, method: str, path: str, end: str) -> None:
    answer = requests.request(method, f"{gatehouse.url}{path}{end}", timeout=30, allow_redirects=False)
    assert 400 <= answer.status_code < 500
    assert answer.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"'])
def test_a_poll_that_makes_no_sense_is_given_up_on_cleanly(gatehouse: Installation, body: bytes) -> None:
    assert refused(requests.post(f"{gatehouse.url}/api/device-login/token", data=body, timeout=30)) == "authorization_expired"


def test_polls_come_as_often_as_they_like(gatehouse: Installation) -> None:
    device = Device(gatehouse.url)
    assert {refused(device.poll()) for _ in range(40)} == {"authorization_pending"}


@pytest.mark.parametrize(
    ("asked", "lasts"),
    [({"never_expires": True}, True), ({"never_expires": True, "expires_in_days": 365}, True), ({"expires_in_days": 365}, False)],
)
def test_a_login_says_how_long_its_token_is_good_and_that_it_is_for_all_teams(
    gatehouse: Installation, newcomer: Person, asked: dict[str, object], lasts: bool
) -> None:
    device = Device(gatehouse.url, all_teams=True, **asked)
    device.answered(newcomer, True)
    assert device.poll().status_code == 200
    [made] = [item for item in newcomer.get("/v1/account/tokens").json()["items"] if item["name"] == "laptop"]
    assert (made["expires_at"] is None, made["workspace_ids"]) == (lasts, None)


def test_a_run_is_taken_just_as_its_clients_report_it(ada: Person) -> None:
    """DVC at both ends, DVCLive between; plots apart from metrics; the last step twice; metrics that could not be read; no commit."""
    of_dvc = {"client": "dvc", "repo_url": "/home/ada/churn", "baseline_sha": "0" * 40}
    of_live = {**of_dvc, "client": "dvclive", "step": 1}
    params, metrics = {"params.yaml": {"lr": 0.1}}, {"dvclive/metrics.json": {"data": {"loss": "-inf", "acc": {"train": 0.9}}}}
    reports = [
        {"type": "start", **of_dvc, "message": "m" * 72, "subdir": "train", "params": params, "machine": {"cpu": 8}},
        {"type": "data", **of_live, "params": params, "metrics": metrics},
        {"type": "data", **of_live, "plots": {"dvclive/plots/loss.tsv": {"data": [{"step": 1, "loss": "nan"}]}}, "props": {}},
        {"type": "data", **of_live, "metrics": metrics, "plots": {"dvclive/plots/loss.tsv": {"data": []}}},
        {"type": "done", **of_dvc, "metrics": {**metrics, "broken.json": {"error": {"type": "YAMLError"}}}},
    ]
    run = client(ada)
    assert [run.post("/api/live", {"name": "vocal-imp", **report}).status_code for report in reports] == [200] * len(reports)
    [found] = kept(ada)
    assert (found["status"], found["step"], found["experiment_rev"]) == ("done", 1, None)
    assert metrics.items() <= found["metrics"].items()


@pytest.mark.parametrize("refs", [{}, {"pushed": []}, {"removed": [f"refs/exps/{SHA[:2]}/{SHA[2:]}/never-there"]}])
def test_a_push_is_answered_by_an_object_however_little_it_tells(ada: Person, refs: dict[str, list[str]]) -> None:
    for _ in range(2):
        answer = client(ada).post("/webhook/dvc", {"repo_url": "git@git.example:acme/churn.git", "client": "dvc", "refs": refs})
        assert (answer.status_code, answer.json()) == (200, {})
