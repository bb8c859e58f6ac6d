"""A private PostgreSQL and a private RabbitMQ, started when the first row asks for them."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from services.chassis.embedded import EmbeddedPostgres
from tests.servers import RabbitMQ, unwatch, watch

# As Gatehouse ships it, with all its promises to keep what was committed; it also notes when each transaction committed.
SETTINGS = {"max_connections": "300", "track_commit_timestamp": "on", "shared_buffers": "256MB", "max_wal_size": "4GB"}


class Servers:
    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack, self.folder = stack, folder
        self._numbers = count(1)

    @cached_property
    def postgres(self) -> EmbeddedPostgres:
        server = self._stack.enter_context(EmbeddedPostgres(self.folder / "postgres", SETTINGS))
        watch(server.pid or 0)
        self._stack.callback(unwatch, server.pid or 0)
        return server

    @cached_property
    def rabbitmq(self) -> RabbitMQ:
        (folder := self.folder / "rabbitmq").mkdir()
        server = RabbitMQ(folder)
        self._stack.callback(server.stop)
        server.start()
        return server

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"bench{next(self._numbers)}"
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return urlsplit(self.postgres.url)._replace(path=f"/{name}").geturl()

    def broker(self) -> str:
        """The URL of a new, empty virtual host."""
        return self.rabbitmq.create_vhost()


@contextmanager
def started() -> Iterator[Servers]:
    folder = Path(tempfile.mkdtemp(prefix="gatehouse-bench-"))
    # PostgreSQL runs as a user of its own where we are root.
    folder.chmod(0o711)
    try:
        with ExitStack() as stack:
            yield Servers(stack, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
