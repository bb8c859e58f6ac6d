"""Released ClearML clients, unchanged, against a running Gatehouse."""

import subprocess
from pathlib import Path

import pytest

from tests.conformance import environments
from tests.conformance.clients import SDKS, Keys, drive_clearml, run, variables
from tests.kit.installations import Installation
from tests.kit.people import Person

pytestmark = pytest.mark.timeout(600)


@pytest.mark.feature("C-12")
@pytest.mark.parametrize("client", SDKS)
def test_the_acceptance_driver_passes(gatehouse: Installation, keys: Keys, client: str) -> None:
    assert "RESULT ok" in drive_clearml(gatehouse.url, keys, client)


LOG_IN = """
from clearml.backend_api import Session
session = Session()
claims = session.get_decoded_token(session.token)
assert session.api_version.startswith("2.") and claims["exp"] - claims["iat"] > 12 * 3600, claims
print(session.send_request("users", "get_current_user").json()["data"]["user"]["id"])
"""


@pytest.mark.feature("C-12")
@pytest.mark.parametrize("method", ["get", "post", "put"])
@pytest.mark.parametrize("client", SDKS)
def test_every_sdk_logs_in_by_every_method(ada: Person, keys: Keys, client: str, method: str, tmp_path: Path) -> None:
    done = run(client, "python", "-c", LOG_IN, home=tmp_path, CLEARML_API_DEFAULT_REQ_METHOD=method, **variables(keys))
    assert done.stdout.splitlines()[-1:] == [ada.account["id"]], done.stdout + done.stderr


AGENT = """
from clearml_agent.session import Session
session = Session()
session.load_vaults()
claims = session.get_decoded_token(session.token)
# It logs in anew before every call once a token has no more than these hours to live.
assert claims["exp"] - claims["iat"] > 12 * 3600, claims
print(claims["identity"]["user"])
"""


@pytest.mark.feature("C-12")
@pytest.mark.parametrize("client", SDKS)
def test_every_agent_logs_in_and_asks_for_vaults(ada: Person, keys: Keys, client: str, tmp_path: Path) -> None:
    done = run(client, "python", "-c", AGENT, home=tmp_path, **variables(keys))
    assert done.stdout.splitlines()[-1:] == [ada.account["id"]], done.stdout + done.stderr
    assert "Failed" not in done.stdout


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
@pytest.mark.parametrize("client", SDKS)
def test_a_session_that_runs_is_refused_once_its_keys_are_revoked(
    ada: Person, workspace: str, keys: Keys, client: str, tmp_path: Path
) -> None:
    python = environments.python(client)
    running = subprocess.Popen(
        [python, "-c", REVOKED], env={"HOME": str(tmp_path), **variables(keys)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert running.stdin is not None
    assert running.stdout is not None
    assert running.stdout.readline() == "in\n"
    assert ada.delete(f"{workspace}/credentials/{keys.access_key}").status_code == 204
    told, _ = running.communicate("go\n", timeout=60)
    assert "error 401" in told
