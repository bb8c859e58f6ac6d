"""What released ClearML clients really hold of the vaults after logging in: that which is told of them as effective."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conformance.clients import SDKS, Keys, run
from tests.kit.people import Person

pytestmark = pytest.mark.timeout(600)

HOLD = """
import json
from clearml.backend_api import Session
held = Session().config._config.as_plain_ordered_dict()
print("HELD", json.dumps(held))
"""
HOCON = """
# of all
sdk { aws { s3 { key: AKIA, secret: "s3cr=t # ${not} a \\"comment\\" \\\\ \\u00e9 \\ud83d\\ude00", region: eu-central-1 } } }
sdk.storage.cache.default_base_dir = ${dir}/cache
dir = "/data"
sdk.development.tags = [a, b]
sdk.development.tags += c
team { deep { er { and { deeper { list = [[1, 2], [], [{ a = null }, -1.5e-7, 12345678901234567890]] } } } } }
team.overridden { by = an object }
team.replaced = [1, 2, 3]
team.empty {}
"quoted.key" { "with a.dot" = 1, "sp ace" = 2 }
multi = \"\"\"two
lines \\n "quoted" \"\"\"
"""
YAML = """
# of the team
team:
  overridden: a text
  replaced: [4]
  nothing: ~
  words: {yes: no, on: off, date: 2026-01-01, octal: 0o17}
sdk:
  aws:
    s3:
      region: us-east-1
  development: {default_output_uri: "s3://bucket/é"}
list: ["", kept, "", [x, ""]]
"""
JSON = '{"sdk": {"development": {"tags": ["mine"]}}, "team": {"overridden": {"by": "me"}}, "numbers": [1, 1.0, 1e300, -0.0, true]}'


def saved(answer: requests.Response) -> dict[str, Any]:
    assert answer.ok, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def vaults(ada: Person, workspace: str) -> None:
    users = next(each["id"] for each in saved(ada.get(f"{workspace}/groups"))["items"] if each["name"] == "Users")
    body = {"group_ids": [users], "enabled": True}
    saved(ada.post(f"{workspace}/vaults", {**body, "name": "1 all", "format": "hocon", "content": HOCON}))
    saved(ada.post(f"{workspace}/vaults", {**body, "name": "2 team", "format": "yaml", "content": YAML}))
    saved(ada.post(f"{workspace}/vaults", {**body, "name": "3 off", "format": "yaml", "content": "sdk: {off: 1}", "enabled": False}))
    saved(ada.call("PUT", f"{workspace}/vault", {"format": "json", "content": JSON, "enabled": True}))


@pytest.mark.feature("V-03")
@pytest.mark.feature("V-09")
@pytest.mark.feature("V-10")
@pytest.mark.parametrize("client", SDKS)
def test_what_is_told_as_effective_is_what_the_client_holds(
    ada: Person, workspace: str, keys: Keys, vaults: None, client: str, tmp_path: Path
) -> None:
    (tmp_path / "clearml.conf").write_text(keys.configuration + '\nsdk.aws.s3.key = "local"\nsdk.aws.s3.local = 1\nteam.local = 2\n')
    effective = saved(ada.get(f"{workspace}/effective-configuration"))
    done = run(client, "python", "-c", HOLD, home=tmp_path)
    held = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("HELD"))[5:])
    assert overlaid(held, effective["values"]) == held, done.stderr
    assert effective["values"]["sdk"]["development"]["tags"] == ["mine"]
    # Only what the vaults do not speak of stays as the client's own file has it.
    assert (held["sdk"]["aws"]["s3"]["key"], held["sdk"]["aws"]["s3"]["local"], held["team"]["local"]) == ("AKIA", 1, 2)
    assert "off" not in held["sdk"]


def overlaid(below: Any, above: Any) -> Any:
    """Everything the vaults say, laid over what is held: no different, if it is held."""
    if isinstance(below, dict) and isinstance(above, dict):
        return below | {key: overlaid(below.get(key), value) for key, value in above.items()}
    return above


@pytest.mark.parametrize("client", SDKS)
def test_a_client_that_wants_no_vaults_holds_its_own_file(vaults: None, keys: Keys, client: str, tmp_path: Path) -> None:
    (tmp_path / "clearml.conf").write_text(keys.configuration)
    done = run(client, "python", "-c", HOLD, home=tmp_path, CLEARML_DISABLE_VAULT_SUPPORT="1")
    assert "HELD" in done.stdout, done.stderr
    assert "team" not in done.stdout
