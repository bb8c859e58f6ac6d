"""What a start says that cannot succeed: one line, on which whoever reads it can act."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.installations import SECRETS

# Nothing listens there: none of these starts gets so far as to need them.
SERVERS = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none", "AMQP_URL": "amqp://127.0.0.1:9/", **SECRETS}


@pytest.fixture
def taken() -> Iterator[str]:
    """An address at which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield f"127.0.0.1:{other.getsockname()[1]}"


def said(state: Path, *words: str, **settings: str) -> tuple[int, str]:
    """The exit status and everything that came out, warnings of libraries included."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GATEHOUSE", "PYTHONWARNINGS"))}
    command = [sys.executable, "-m", "gatehouse.cli", *words]
    environ = inherited | {"GATEHOUSE_STATE": str(state)} | settings
    done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    return done.returncode, done.stdout


def test_up_says_in_one_line_that_its_address_is_taken_and_starts_nothing(tmp_path: Path, taken: str) -> None:
    assert said(tmp_path, "up", GATEHOUSE_HTTP=taken) == (
        2,
        f"gatehouse: GATEHOUSE_HTTP: cannot listen at {taken}: Address already in use\n",
    )
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize(
    ("words", "setting"),
    [
        ("serve gateway", "GATEHOUSE_HTTP"),
        ("serve identity", "GATEHOUSE_OPS"),
        ("work identity", "GATEHOUSE_OPS"),
    ],
)
def test_every_process_says_in_one_line_that_its_address_is_taken(tmp_path: Path, taken: str, words: str, setting: str) -> None:
    assert said(tmp_path, *words.split(), **SERVERS, **{setting: taken}) == (
        2,
        f"gatehouse: {setting}: cannot listen at {taken}: Address already in use\n",
    )


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("GATEHOUSE_HTTP", "127.0.0.1", "must be ADDRESS:PORT, such as 127.0.0.1:8080"),
        ("GATEHOUSE_HTTP", "127.0.0.1:99999", "cannot listen at 127.0.0.1:99999: bind(): port must be 0-65535."),
        ("GATEHOUSE_HTTP", "192.0.2.1:8080", "cannot listen at 192.0.2.1:8080: Cannot assign requested address"),
        ("GATEHOUSE_OPS", "127.0.0.1:99999", "cannot listen at 127.0.0.1:99999: bind(): port must be 0-65535."),
        *(
            ("GATEHOUSE_PUBLIC_URL", value, "must be a plain address such as https://gatehouse.example.org")
            for value in ("gatehouse.example.org", "ftp://example.org", 'https://example.org/"', "https://example.org/?a=1", "https://a b")
        ),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, setting: str, value: str, message: str) -> None:
    words = ("serve", "identity" if setting == "GATEHOUSE_OPS" else "gateway")
    code, text = said(tmp_path, *words, **SERVERS, **{setting: value})
    assert code == 2
    assert text.startswith(f"gatehouse: {setting}")
    assert text.endswith(f"{message}\n")
    assert text.count("\n") == 1


@pytest.mark.parametrize("words", ["serve billing", "work billing"])
def test_a_payment_provider_without_its_secret_stops_the_start(tmp_path: Path, words: str) -> None:
    assert said(tmp_path, *words.split(), **SERVERS, GATEHOUSE_PAYMENT_PROVIDER="stripe") == (
        2,
        "gatehouse: GATEHOUSE_STRIPE_SECRET_KEY is not set: GATEHOUSE_PAYMENT_PROVIDER=stripe needs it\n",
    )
