from collections.abc import Iterator

import pytest

from tests.kit.installations import Installation, distributed, embedded
from tests.kit.people import Person
from tests.servers import Postgres, RabbitMQ

SETTINGS = {"GATEHOUSE_ADDRESS_ATTEMPTS": "12", "GATEHOUSE_USAGE_SECONDS": "1"}


@pytest.fixture(scope="session")
def embedded_gatehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with embedded(tmp_path_factory.mktemp("embedded"), **SETTINGS) as running:
        _found(running)
        yield running


@pytest.fixture(scope="session")
def distributed_gatehouse(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: Postgres, rabbitmq_server: RabbitMQ
) -> Iterator[Installation]:
    state = tmp_path_factory.mktemp("distributed")
    with distributed(state, postgres_server.create_database(), rabbitmq_server.create_vhost(), **SETTINGS) as running:
        _found(running)
        yield running


@pytest.fixture(scope="session")
def gatehouse(embedded_gatehouse: Installation) -> Installation:
    """A running one with its operator; for tests whose subject is the same in both modes."""
    return embedded_gatehouse


@pytest.fixture(params=["embedded", "distributed"])
def either_gatehouse(request: pytest.FixtureRequest) -> Installation:
    """For what must hold in both modes."""
    running: Installation = request.getfixturevalue(f"{request.param}_gatehouse")
    return running


@pytest.fixture
def olivia(gatehouse: Installation) -> Person:
    return Person(gatehouse, "olivia").arrived()


@pytest.fixture
def ada(gatehouse: Installation) -> Person:
    return Person(gatehouse, "ada").arrived()


def _found(running: Installation) -> None:
    """The first account, which is the operator's."""
    answer = Person(running, "operator").sign_up(setup_token=running.setup_token)
    assert answer.status_code == 201, answer.text
