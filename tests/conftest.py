"""Servers for the tests: started when the first test asks, healed after each, ended with the session. Workers have servers of their own."""

import shutil
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from types import FrameType

import pytest
from xdist.remote import Producer

from tests import workers
from tests.servers import Postgres, RabbitMQ

HERE = Path(__file__).parent


def pytest_configure() -> None:
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # As Ctrl-C does: fixtures then end what they have started.
    raise KeyboardInterrupt


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(item.path.relative_to(HERE).parts[0])
    items.sort(key=lambda item: workers.place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> workers.Scheduling:
    return workers.Scheduling(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    workers.take_turn()
    try:
        return (yield)
    finally:
        workers.end_turn()


@pytest.fixture(scope="session")
def rabbitmq_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    folder = tmp_path_factory.mktemp("rabbitmq")
    server = RabbitMQ(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder / "data", ignore_errors=True)  # the logs stay


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    folder = tmp_path_factory.mktemp("state") / "postgres"
    server = Postgres(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder / "data", ignore_errors=True)  # the log stays


@pytest.fixture
def rabbitmq(rabbitmq_server: RabbitMQ) -> Iterator[RabbitMQ]:
    """The broker, for a test that may break it: it runs again afterwards."""
    yield rabbitmq_server
    rabbitmq_server.start()


@pytest.fixture
def postgres(postgres_server: Postgres) -> Iterator[Postgres]:
    """The database server, for a test that may break it: it runs again afterwards."""
    yield postgres_server
    postgres_server.start()


@pytest.fixture(scope="module")
def amqp_url(rabbitmq_server: RabbitMQ) -> str:
    """A virtual host of this module's own, empty at first."""
    return rabbitmq_server.create_vhost()


@pytest.fixture(scope="module")
def database_url(postgres_server: Postgres) -> Iterator[str]:
    """A database of this module's own, empty at first."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)
