"""One installation for all faults: each test finds every process running, and breaks what it likes."""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.faults.person import Person
from tests.faults.truth import Truth
from tests.kit.installations import Installation, distributed
from tests.servers import Postgres, RabbitMQ

_numbers = count(1)


@pytest.fixture(scope="package")
def installation(tmp_path_factory: pytest.TempPathFactory, postgres_server: Postgres, rabbitmq_server: RabbitMQ) -> Iterator[Installation]:
    state, database_url, amqp_url = tmp_path_factory.mktemp("cluster"), postgres_server.create_database(), rabbitmq_server.create_vhost()
    with distributed(state, database_url, amqp_url, GATEHOUSE_USAGE_SECONDS="1") as running:
        yield running


@pytest.fixture
def cluster(installation: Installation, postgres: Postgres, rabbitmq: RabbitMQ) -> Installation:
    installation.start()
    return installation


@pytest.fixture(scope="package")
def founder(installation: Installation) -> Person:
    """The operator, who has signed up in the first test."""
    installation.start()
    person = Person(installation, "operator")
    person.sign_up(setup_token=installation.setup_token)
    return person


@pytest.fixture
def operator(cluster: Installation, founder: Person) -> Person:
    """Signed in, with a session that no earlier fault can have hurt."""
    founder.sign_in()
    return founder


@pytest.fixture
def workspace(operator: Person) -> str:
    return str(operator.create_workspace(f"workspace {next(_numbers)}")["id"])


@pytest.fixture(scope="package")
def truth(installation: Installation) -> Iterator[Truth]:
    truth = Truth(installation)
    yield truth
    truth.close()
