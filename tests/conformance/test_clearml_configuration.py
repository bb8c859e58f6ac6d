"""The texts that are shown with a new key pair, taken as they are by released ClearML clients of three ages."""

import json
from pathlib import Path

import pytest

from gateway import snippets
from tests.conformance.clients import SDKS, Keys, made, run
from tests.kit.installations import Installation
from tests.kit.people import Person

pytestmark = pytest.mark.timeout(600)

every_client = pytest.mark.parametrize("client", SDKS)

WHO = """
from {package} import Session
print("user", Session().send_request("users", "get_current_user").json()["data"]["user"]["id"])
"""
SDK, AGENT = WHO.format(package="clearml.backend_api"), WHO.format(package="clearml_agent.backend_api")

PARSE = """
import json, sys
from {package}.pyhocon import ConfigFactory
print(json.dumps([ConfigFactory.parse_string(text).as_plain_ordered_dict() for text in json.load(sys.stdin)]))
"""
ADDRESSES = ("http://127.0.0.1:8080", "https://gatehouse.example.org", "http://[::1]:8080", "https://example.org/gate-house")
LABELS = (
    "laptop",
    'a # b // c "d" {e} ${HOME} \\ include "x"',
    "}\n\n}",
    '"""',
    "a = [1",
    "naïve, ключ: 1",
    "",
    None,
)


@pytest.mark.feature("C-06")
@pytest.mark.parametrize("package", ["clearml.utilities", "clearml_agent.external"])
@every_client
def test_the_text_is_hocon_whatever_the_address_and_the_label(client: str, package: str, tmp_path: Path) -> None:
    pair = {"access_key": "0AZ" * 10, "secret_key": "s-_" * 22 + "x"}
    texts = [snippets.configuration(url, str(label), pair | {"label": label}) for url in ADDRESSES for label in LABELS]
    done = run(client, "python", "-c", PARSE.format(package=package), home=tmp_path, text=json.dumps(texts))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        {"api": {"web_server": url, "api_server": f"{url}/clearml", "files_server": f"{url}/files", "credentials": pair}}
        for url in ADDRESSES
        for _ in LABELS
    ]


@pytest.fixture
def odd_keys(ada: Person, workspace: str) -> Keys:
    """With a label that somebody chose to break the text."""
    return made(ada.post(f"{workspace}/credentials", {"label": LABELS[1]}))


@pytest.mark.feature("C-06")
@every_client
def test_clearml_init_takes_the_text_and_the_sdk_logs_in_from_what_it_writes(
    ada: Person, odd_keys: Keys, client: str, tmp_path: Path
) -> None:
    done = run(client, "clearml-init", home=tmp_path, text=f"{odd_keys.configuration}\n")
    assert "setup completed successfully" in done.stdout, done.stdout + done.stderr
    assert_logs_in(ada, client, SDK, tmp_path)


@pytest.mark.feature("C-06")
@every_client
def test_clearml_init_takes_the_text_on_one_line_as_notebooks_paste_it(odd_keys: Keys, client: str, tmp_path: Path) -> None:
    line = odd_keys.configuration.replace("\n", " ")
    done = run(client, "clearml-init", home=tmp_path, text=f"{line}\n", JPY_PARENT_PID="1")
    assert "setup completed successfully" in done.stdout, done.stdout + done.stderr


@pytest.mark.feature("C-06")
@pytest.mark.parametrize("program", [SDK, AGENT], ids=["sdk", "agent"])
@every_client
def test_the_text_alone_is_a_configuration_file(ada: Person, odd_keys: Keys, client: str, program: str, tmp_path: Path) -> None:
    (tmp_path / "clearml.conf").write_text(odd_keys.configuration)
    assert_logs_in(ada, client, program, tmp_path)


@pytest.mark.feature("C-06")
@every_client
def test_clearml_agent_init_takes_the_text_and_the_addresses(
    gatehouse: Installation, ada: Person, odd_keys: Keys, client: str, tmp_path: Path
) -> None:
    """It asks for all three addresses again, since it makes up those of the API and of files from that of the web."""
    at = snippets.hosts(gatehouse.url)
    answers = [odd_keys.configuration, at["web"], at["api"], at["files"], *[""] * 5]
    done = run(client, "clearml-agent", "init", home=tmp_path, text="\n".join(answers))
    assert "setup completed successfully" in done.stdout, done.stdout + done.stderr
    assert_logs_in(ada, client, AGENT, tmp_path)


@pytest.mark.feature("C-07")
@every_client
def test_the_lines_for_notebooks_log_in_where_notebooks_run_them(ada: Person, odd_keys: Keys, client: str, tmp_path: Path) -> None:
    cell = tmp_path / "cell.ipy"
    cell.write_text(f"{odd_keys.environment}\n{SDK}\n")
    done = run(client, "ipython", "--no-banner", "--colors=NoColor", str(cell), home=tmp_path)
    assert f"user {ada.account['id']}" in done.stdout.splitlines(), done.stdout + done.stderr


def assert_logs_in(person: Person, client: str, program: str, home: Path) -> None:
    done = run(client, "python", "-c", program, home=home)
    assert done.stdout.splitlines()[-1:] == [f"user {person.account['id']}"], done.stdout + done.stderr
