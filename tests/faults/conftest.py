"""One installation for all faults: each test finds every process running, and breaks what it likes."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.faults.truth import Truth
from tests.kit.cluster import SETUP_TOKEN, Cluster
from tests.kit.person import Person
from tests.servers import Postgres, RabbitMQ

_numbers = count(1)


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory, postgres_server: Postgres, rabbitmq_server: RabbitMQ) -> Iterator[Cluster]:
    database_url = postgres_server.create_database()
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), database_url, rabbitmq_server.create_vhost())
    cluster.migrate()
    yield cluster
    cluster.stop()
    postgres_server.drop_database(database_url)


@pytest.fixture
def cluster(installation: Cluster, postgres: Postgres, rabbitmq: RabbitMQ) -> Cluster:
    installation.start()
    return installation


@pytest.fixture(scope="session")
def founder(installation: Cluster) -> Person:
    """The operator, who has signed up in the first test."""
    installation.start()
    person = Person(installation.url, "operator@example.org")
    person.sign_up(SETUP_TOKEN)
    return person


@pytest.fixture
def operator(cluster: Cluster, founder: Person) -> Person:
    """Signed in, with a session that no earlier fault can have hurt."""
    founder.sign_in()
    return founder


@pytest.fixture
def workspace(operator: Person) -> str:
    return str(operator.create_workspace(f"workspace {next(_numbers)}")["id"])


@pytest.fixture
def truth(installation: Cluster) -> Iterator[Truth]:
    truth = Truth(installation)
    yield truth
    truth.close()


@pytest.fixture
def state(installation: Cluster) -> Path:
    return installation.folder / "state"
