"""The acceptance drivers again, where every service is a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.clients import SDKS, approval, drive, drive_clearml, made
from tests.kit.installations import Installation, distributed
from tests.kit.people import Person
from tests.servers import Postgres, RabbitMQ

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def grace(tmp_path_factory: pytest.TempPathFactory, postgres_server: Postgres, rabbitmq_server: RabbitMQ) -> Iterator[Person]:
    """The operator of an installation whose services are apart."""
    state = tmp_path_factory.mktemp("apart")
    with distributed(state, postgres_server.create_database(), rabbitmq_server.create_vhost()) as running:
        yield operator(running)


def operator(running: Installation) -> Person:
    person = Person(running, "grace")
    for answer in (person.sign_up(setup_token=running.setup_token), person.sign_in()):
        assert answer.status_code == 201, answer.text
    return person


@pytest.mark.parametrize("client", SDKS)
def test_clearml_passes(grace: Person, client: str) -> None:
    keys = made(grace.post(f"{grace.workspace()}/credentials", {"label": "apart"}))
    assert "RESULT ok" in drive_clearml(grace.gatehouse.url, keys, client)


def test_dvc_passes(grace: Person, tmp_path: Path) -> None:
    words = ("--studio-url", grace.gatehouse.url, "--approve-cmd", approval(grace, tmp_path), "--webhook")
    assert "RESULT ok" in drive("dvc_studio_login.py", "dvc", *words)
