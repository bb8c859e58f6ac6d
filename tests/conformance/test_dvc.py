"""Released DVC, DVCLive and DataChain, unchanged, against a running Gatehouse."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.conformance import environments
from tests.conformance.clients import approval, drive, log_in, run
from tests.kit.installations import Installation
from tests.kit.people import Person

pytestmark = pytest.mark.timeout(600)


@pytest.mark.feature("C-04")
def test_the_acceptance_driver_passes(gatehouse: Installation, ada: Person, tmp_path: Path) -> None:
    words = ("--studio-url", gatehouse.url, "--approve-cmd", approval(ada, tmp_path), "--webhook", "--scopes", "EXPERIMENTS,MODELS")
    assert "RESULT ok" in drive("dvc_studio_login.py", "dvc", *words)
    home = ada.get("/v1/account").json()["personal_workspace_id"]
    [found] = ada.get(f"/v1/workspaces/{home}/experiments").json()["items"]
    assert (found["name"], found["status"], found["step"]) == ("accept-1", "done", 2)
    assert "loss" in str(found["metrics"])
    [token] = [item for item in ada.get("/v1/account/tokens").json()["items"] if item["name"] == "acceptance"]
    assert token["scopes"] == ["experiments", "models"]
    assert token["last_used_at"]


def approving(person: Person, approve: bool = True) -> Callable[[str], None]:
    def answer(code: str) -> None:
        answered = person.post(f"/v1/device-authorizations/{code}", {"approve": approve})
        assert answered.ok, answered.text

    return answer


def token_names(person: Person) -> list[str]:
    return [item["name"] for item in person.get("/v1/account/tokens").json()["items"]]


def test_a_denied_login_ends_cleanly(gatehouse: Installation, ada: Person, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="has expired"):
        log_in("dvc", "dvc", "studio", "login", "--no-open", "-H", gatehouse.url, home=tmp_path, approve=approving(ada, False))


def test_datachain_logs_in_and_out(gatehouse: Installation, ada: Person, tmp_path: Path) -> None:
    painting = ada.workspace("painting")
    words = ("auth", "login", "--no-open", "-H", gatehouse.url, "-n", "from datachain", "--expires-in", "30", "--team", "painting")
    log_in("datachain", "datachain", *words, home=tmp_path, approve=approving(ada))
    assert "from datachain" in token_names(ada)
    [made] = [item for item in ada.get("/v1/account/tokens").json()["items"] if item["name"] == "from datachain"]
    assert made["expires_at"]
    assert made["workspace_ids"] == [painting.rpartition("/")[2]]
    token = run("datachain", "datachain", "auth", "token", home=tmp_path).stdout.strip()
    assert token.startswith("isat_")
    done = run("datachain", "datachain", "auth", "logout", home=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "from datachain" not in token_names(ada)
    again = requests.post(f"{gatehouse.url}/api/device-logout", headers={"Authorization": f"token {token}"}, timeout=30)
    assert again.status_code == 401


TRAIN = """
from dvclive import Live
with Live() as live:
    for i in range(2):
        live.log_metric("loss", 1.0 / (i + 1))
        live.next_step()
"""
PIPELINE = """stages:
  train:
    cmd: {python} train.py
    deps: [train.py]
"""


def test_an_experiment_that_dvc_runs_is_one_record(gatehouse: Installation, ada: Person, tmp_path: Path) -> None:
    """DVC reports its start and end, DVCLive within it the steps."""
    workspace = ada.workspace("runs")
    terms = {"name": "runs", "scopes": ["experiments"], "workspace_ids": [workspace.rpartition("/")[2]]}
    token = ada.post("/v1/account/tokens", terms).json()["token"]
    _repository(tmp_path)
    studio = {"DVC_STUDIO_TOKEN": token, "DVC_STUDIO_URL": gatehouse.url, "DVC_STUDIO_CLIENT_LOGLEVEL": "DEBUG"}
    done = run("dvc", "dvc", "exp", "run", "-n", "from-dvc", home=tmp_path, **studio)
    assert done.returncode == 0, done.stdout + done.stderr
    [found] = ada.get(f"{workspace}/experiments").json()["items"]
    assert (found["name"], found["status"], found["step"]) == ("from-dvc", "done", 1)
    assert found["experiment_rev"]


def _repository(folder: Path) -> None:
    (folder / ".gitconfig").write_text("[user]\nname = a\nemail = a@example.com\n[init]\ndefaultBranch = main\n")
    (folder / "train.py").write_text(TRAIN)
    (folder / "dvc.yaml").write_text(PIPELINE.format(python=environments.python("dvc")))
    (folder / ".gitignore").write_text(".config\n.cache\n.local\n")
    run_git = [("init", "-q"), ("remote", "add", "origin", "https://ada:secret@git.example/churn.git")]
    for words in run_git:
        subprocess.run(["git", *words], cwd=folder, check=True, env=os.environ | {"HOME": str(folder)})
    assert run("dvc", "dvc", "init", "-q", home=folder).returncode == 0
    for words in (("add", "-A"), ("commit", "-qm", "start")):
        subprocess.run(["git", *words], cwd=folder, check=True, env=os.environ | {"HOME": str(folder)})
