"""Hearing that a log has grown: a doorbell rung after commits, and whoever waits for it."""

import logging
import threading
import time

from psycopg import Connection, sql
from psycopg.rows import DictRow

from services.chassis.database import OUTAGE, Database

log = logging.getLogger(__name__)
_REST = 0.01
# Seconds after which whoever waits looks whether it shall stop.
_LOOK = 0.25


class Doorbell:
    """Sends NOTIFY for appends, from a thread of its own and at most every few milliseconds.

    Inside the append's transaction NOTIFY would take a lock of the whole database and let commits pass one by one only.
    A lost ring costs nothing but time: followers look by themselves now and then.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._rung = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def ring(self) -> None:
        if self._thread is None:
            self._start()
        self._rung.set()

    def stop(self) -> None:
        self._stopped = True
        self._rung.set()
        if self._thread is not None:
            self._thread.join(timeout=2)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"doorbell-{self._db.schema}", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while not self._stopped:
            self._rung.wait()
            self._rung.clear()
            try:
                self._db.run("SELECT pg_notify(%s, '')", channel(self._db.schema))
            except OUTAGE as error:
                log.warning("could not announce new events: %s", type(error).__name__)
            pause.wait(_REST)


def channel(schema: str) -> str:
    return f"gatehouse_{schema}"


def listen(connection: Connection[DictRow], schema: str) -> None:
    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel(schema))))


def wait(connection: Connection[DictRow], seconds: float, stop: threading.Event) -> None:
    """Until the log may have grown, or the time is up, or soon after ``stop`` is set."""
    until = time.monotonic() + seconds
    while not stop.is_set() and (left := until - time.monotonic()) > 0:
        if list(connection.notifies(timeout=min(left, _LOOK), stop_after=1)):
            return
