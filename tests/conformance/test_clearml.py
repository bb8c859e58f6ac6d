"""Released ClearML clients, unchanged, against a running Gatehouse."""

import subprocess
from pathlib import Path

import pytest

from tests.conformance import environments
from tests.conformance.clients import Keys, drive_clearml, run
from tests.kit.installations import Installation
from tests.kit.people import Person

pytestmark = pytest.mark.timeout(600)

# The agent is set up beside the newest SDK only. The driver's step init ends with a command that older SDKs lack, and two others print
# an attribute that the oldest lacks: what these steps prove is shown by the other steps and tests.
SKIPPED = {"clearml": (), "clearml-1.18.0": ("agent", "init"), "clearml-1.13.2": ("agent", "init", "login", "post-method")}


@pytest.mark.feature("C-12")
@pytest.mark.parametrize("client", SKIPPED)
def test_the_acceptance_driver_passes(gatehouse: Installation, keys: Keys, client: str) -> None:
    assert "RESULT ok" in drive_clearml(gatehouse.url, keys, client, SKIPPED[client])


@pytest.mark.feature("C-06")
@pytest.mark.parametrize("client", SKIPPED)
def test_clearml_init_takes_the_text_that_is_shown(gatehouse: Installation, keys: Keys, client: str, tmp_path: Path) -> None:
    done = run(client, "clearml-init", home=tmp_path, text=f"{keys.configuration}\n")
    assert "setup completed successfully" in done.stdout, done.stdout + done.stderr
    assert keys.access_key in (tmp_path / "clearml.conf").read_text()
    told = run(client, "clearml-debug", "token", home=tmp_path) if client == "clearml" else None
    assert told is None or "api_version" in told.stdout, told


LOG_IN = "from clearml.backend_api import Session; print(Session().send_request('users', 'get_current_user').json()['data']['user']['id'])"


@pytest.mark.feature("C-07")
def test_the_lines_for_notebooks_log_in(ada: Person, keys: Keys, tmp_path: Path) -> None:
    environ = dict(line.removeprefix("%env ").split("=", 1) for line in keys.environment.splitlines() if line)
    done = run("clearml", "python", "-c", LOG_IN, home=tmp_path, **environ)
    assert ada.account["id"] in done.stdout, done.stderr


REVOKED = """
import sys
from clearml.backend_api import Session
s = Session()
print('in', flush=True)
sys.stdin.readline()
try:
    print('still in', s.send_request('users', 'get_current_user').status_code)
except Exception as error:
    print(error)
"""


@pytest.mark.feature("C-10")
def test_a_session_that_runs_is_refused_once_its_keys_are_revoked(ada: Person, workspace: str, keys: Keys, tmp_path: Path) -> None:
    environ = dict(line.removeprefix("%env ").split("=", 1) for line in keys.environment.splitlines() if line)
    python = environments.python("clearml")
    running = subprocess.Popen(
        [python, "-c", REVOKED], env={"HOME": str(tmp_path), **environ}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert running.stdin is not None
    assert running.stdout is not None
    assert running.stdout.readline() == "in\n"
    assert ada.delete(f"{workspace}/credentials/{keys.access_key}").status_code == 204
    told, _ = running.communicate("go\n", timeout=60)
    assert "error 401" in told
