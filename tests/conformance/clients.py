"""Running other people's clients as their users do: in processes of their own, with an empty home."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.conformance import environments
from tests.kit.people import Person

DRIVERS = Path(__file__).parent / "drivers"
FOREIGN = ("CLEARML", "TRAINS", "DVC", "STUDIO", "GIT_", "DATACHAIN")
# The driver's step init ends with a command that older SDKs lack, and three others read an attribute that the oldest SDK or agent lacks:
# what these steps prove is shown for all of them by tests of ours.
SDKS = {"clearml": (), "clearml-1.18.0": ("init",), "clearml-1.13.2": ("init", "login", "post-method", "agent")}

APPROVE = """import sys, requests
url, token, code = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}"}
answer = requests.post(f"{url}/v1/device-authorizations/{code}", json={"approve": True}, headers=headers, timeout=30)
answer.raise_for_status()
"""


@dataclass(frozen=True)
class Keys:
    """A key pair as its maker is shown it."""

    access_key: str
    secret_key: str
    configuration: str
    environment: str


def made(answer: requests.Response) -> Keys:
    assert answer.status_code == 201, answer.text
    return Keys(**{name: answer.json()[name] for name in ("access_key", "secret_key", "configuration", "environment")})


def variables(keys: Keys) -> dict[str, str]:
    """What the lines for notebooks set."""
    return dict(line.removeprefix("%env ").split("=", 1) for line in keys.environment.splitlines())


def drive(driver: str, client: str, *words: str) -> str:
    """Runs an acceptance driver with the clients of this environment; every step must pass."""
    python = environments.python(client)
    done = subprocess.run(
        [sys.executable, str(DRIVERS / driver), "--python", str(python), *words], capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def drive_clearml(url: str, keys: Keys, client: str) -> str:
    words = ("--api-url", f"{url}/clearml", "--access-key", keys.access_key, "--secret-key", keys.secret_key)
    return drive("clearml_sdk_login.py", client, *words, *(word for step in SDKS[client] for word in ("--skip", step)))


def approval(person: Person, folder: Path) -> str:
    """A command that approves the code it is given, as somebody who is signed in."""
    script = folder / "approve.py"
    script.write_text(APPROVE)
    return f"{sys.executable} {script} {person.gatehouse.url} {person.token} {{user_code}}"


def run(client: str, command: str, *words: str, home: Path, text: str | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    """A command that these clients brought along, or ``python`` itself."""
    path = environments.python(client).parent / command
    return subprocess.run(
        [str(path), *words], env=_clean(home) | environ, cwd=home, input=text, capture_output=True, text=True, timeout=120
    )


def log_in(client: str, command: str, *words: str, home: Path, approve: Callable[[str], object], **environ: str) -> str:
    """Runs a device login; whoever approves is told the code that the client has printed."""
    path = environments.python(client).parent / command
    process = subprocess.Popen(
        [str(path), *words], env=_clean(home) | environ, cwd=home, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, approved = [], False
    for line in process.stdout or ():
        said.append(line)
        if not approved and (found := re.search(r"\?code=(\w+)", line)):
            approved = True
            approve(found[1])
    assert process.wait(timeout=60) == 0, "".join(said)
    return "".join(said)


def _clean(home: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return inherited | {"HOME": str(home), "PYTHONUNBUFFERED": "1", "DVC_NO_ANALYTICS": "1", "DATACHAIN_NO_ANALYTICS": "1"}
