from collections.abc import Iterator

import pytest

from tests.e2e.conftest import SETTINGS, found
from tests.kit.installations import Installation, distributed
from tests.servers import Postgres, RabbitMQ


@pytest.fixture(scope="package")
def distributed_gatehouse(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: Postgres, rabbitmq_server: RabbitMQ
) -> Iterator[Installation]:
    state = tmp_path_factory.mktemp("distributed")
    with distributed(state, postgres_server.create_database(), rabbitmq_server.create_vhost(), **SETTINGS) as running:
        found(running)
        yield running


@pytest.fixture(params=["embedded", "distributed"])
def either_gatehouse(request: pytest.FixtureRequest) -> Installation:
    """For what must hold in both modes."""
    running: Installation = request.getfixturevalue(f"{request.param}_gatehouse")
    return running
