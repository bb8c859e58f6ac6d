"""The typed calls of the SDKs that can still make them, and of every agent: they check our answers against their own schemas."""

from pathlib import Path

import pytest

from tests.conformance.clients import SDKS, Keys, run, variables
from tests.kit.people import Person

pytestmark = pytest.mark.timeout(600)

# SDKs since 2.0 add a field to every typed request that their own schemas of these actions then refuse.
OLDER = ("clearml-1.18.0", "clearml-1.13.2")
TYPED = """
from clearml.backend_api.session.client import APIClient
auth = APIClient().auth
made = auth.create_credentials(label="typed").credentials
assert made.access_key and made.secret_key
assert auth.edit_credentials(access_key=made.access_key, label="renamed").updated == 1
[row] = [row for row in auth.get_credentials().credentials if row.access_key == made.access_key]
assert (row.label, getattr(row, "secret_key", None)) == ("renamed", None)
assert auth.login(expiration_sec=3600).token.count(".") == 2
try:
    auth.edit_user(user="somebody", role="admin")
except Exception as refused:
    print(refused)
"""


@pytest.mark.feature("C-12")
@pytest.mark.parametrize("client", OLDER)
def test_typed_calls_are_answered_as_their_schemas_demand(ada: Person, keys: Keys, client: str, tmp_path: Path) -> None:
    done = run(client, "python", "-c", TYPED, home=tmp_path, **variables(keys))
    assert done.returncode == 0, done.stderr
    assert "403/20" in done.stdout.splitlines()[-1]


OF_AGENT = """
from clearml_agent.backend_api.session.client import APIClient
auth = APIClient().auth
made = auth.create_credentials().credentials
assert made.access_key in [row.access_key for row in auth.get_credentials().credentials]
auth.logout()
print("done")
"""


@pytest.mark.parametrize("client", SDKS)
def test_typed_calls_of_agents_are_answered_too(ada: Person, keys: Keys, client: str, tmp_path: Path) -> None:
    done = run(client, "python", "-c", OF_AGENT, home=tmp_path, **variables(keys))
    assert done.stdout.splitlines()[-1:] == ["done"], done.stdout + done.stderr
