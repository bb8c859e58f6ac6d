"""A PostgreSQL that tests may stop, kill and freeze."""

import os
import signal
from contextlib import suppress
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg

from services.chassis.embedded import EmbeddedPostgres
from tests.servers.reaper import unwatch, watch


class Postgres:
    def __init__(self, folder: Path) -> None:
        # Without fsync: a killed server loses nothing by it, only a machine that loses its power would.
        self._server = EmbeddedPostgres(folder, {"fsync": "off", "full_page_writes": "off", "max_connections": "300"})
        self._numbers = count(1)
        self._pid = 0

    @property
    def url(self) -> str:
        """Of the maintenance database; tests use one of their own, see ``create_database``."""
        return self._server.url

    def start(self) -> None:
        """Also after ``kill`` and ``pause``: whatever happened, it answers afterwards."""
        self.resume()
        self._server.start()
        self._pid = self._server.pid or 0
        watch(self._pid)

    def stop(self) -> None:
        self.resume()
        self._server.stop()
        self._forget()

    def kill(self) -> None:
        """As a crash of the server would end it. What was committed is there again after ``start``."""
        processes = self._processes()
        os.kill(self._pid, signal.SIGKILL)
        psutil.wait_procs(processes, timeout=30)
        self._forget()

    def pause(self) -> None:
        """Connections stay open and nobody answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def create_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()

    def drop_database(self, url: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {urlsplit(url).path[1:]} WITH (FORCE)".encode())

    def _signal(self, number: int) -> None:
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):  # a connection's process ends with the connection
                process.send_signal(number)

    def _processes(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            if self._pid:
                server = psutil.Process(self._pid)
                return [server, *server.children(recursive=True)]
        return []

    def _forget(self) -> None:
        if self._pid:
            unwatch(self._pid)
        self._pid = 0
