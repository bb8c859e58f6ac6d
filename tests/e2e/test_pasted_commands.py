"""The commands in the pages for operators, pasted as they are."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.installations import Installation, embedded
from tests.kit.people import Person

ROOT = Path(__file__).parents[2]
ADDRESS = "http://127.0.0.1:8080"
# What a page calls $WORKSPACE: any does, since of one that is not there nothing is told.
WORKSPACE = "00000000-0000-4000-8000-000000000001"


def blocks(page: str, command: str) -> list[str]:
    """Those that begin with the command and leave nothing to fill in."""
    found = re.findall(r"^```sh\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)
    return [block for block in found if block.startswith(f"{command} ") and "…" not in block]


PAGES = ("operations", "billing", "audit")
COMMANDS = [block for page in PAGES for block in blocks(f"docs/{page}.md", "gatehouse")]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """As after ``make run``: its state in ./var, and nobody there yet."""
    state = tmp_path_factory.mktemp("pasted") / "var"
    state.mkdir()
    with embedded(state) as running:
        yield running


def pasted(installation: Installation, block: str) -> str:
    shorthand = f'gatehouse() {{ (cd {ROOT}; {shlex.quote(sys.executable)} -m gatehouse.cli "$@"); }}'
    script = "\n".join([f"cd {installation.state.parent}", shorthand, block.replace(ADDRESS, installation.url)])
    environ = installation.environ | {"WORKSPACE": WORKSPACE}
    done = subprocess.run(["bash", "-euc", script], env=environ, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_first_steps_of_the_readme(fresh: Installation) -> None:
    sign_up, sign_in = blocks("README.md", "curl")
    assert json.loads(pasted(fresh, sign_up))["operator"]
    assert json.loads(pasted(fresh, sign_in))["session_token"]
    ada = Person(fresh, "ada")
    ada.email = "ada@example.org"
    ada.arrived()


@pytest.mark.parametrize("block", COMMANDS, ids=lambda block: block.partition("  ")[0].strip())
def test_the_commands_of_the_operators_pages(fresh: Installation, block: str) -> None:
    pasted(fresh, block)


def test_the_demo_runs_beside_other_accounts(fresh: Installation) -> None:
    pasted(fresh, "gatehouse demo")
