"""Appending: 16 writers in two processes, every save one event to one of many streams."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.counters import Counters, counts
from bench.measure import Result, compare
from bench.processes import ROOT
from bench.servers import Servers
from services.chassis import schema
from services.chassis.settings import Settings
from tests.servers import unwatch, watch

PROCESSES, WRITERS = 2, 16
GOAL = 2.0


class Writers:
    def __init__(self, kind: str, url: str) -> None:
        words = [sys.executable, "-m", "bench.writers", kind, url, str(WRITERS // PROCESSES)]
        self._children = []
        for _ in range(PROCESSES):
            child = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            watch(child.pid)
            self._children.append(child)
            # One after the other: two processes that create the library's tables at once can fail.
            self._line(child)

    def rate(self, seconds: float) -> float:
        for child in self._children:
            print(seconds, file=child.stdin, flush=True)
        return sum(int(self._line(child)) for child in self._children) / seconds

    def end(self) -> None:
        for child in self._children:
            child.communicate()
            unwatch(child.pid)

    def _line(self, child: "subprocess.Popen[str]") -> str:
        assert child.stdout is not None
        return child.stdout.readline() or _failed()


def run(servers: Servers, quick: bool) -> list[Result]:
    url = servers.database()
    _migrate(url)
    with _writers("ours", url) as ours, _writers("library", servers.database()) as library:
        seconds, rounds = (2.0, 2) if quick else (5.0, 7)
        what = f"append with its inline view, {WRITERS} writers, many streams; against the library's recorder without a view"
        return [compare("append", what, GOAL, lambda: ours.rate(seconds), lambda: library.rate(seconds), rounds)]


def _migrate(url: str) -> None:
    app = Counters.connect(Settings(database_url=url, amqp_url="none", secret_key="k" * 32))
    assert app.db is not None
    schema.create(app.db, [counts])
    app.close()


@contextmanager
def _writers(kind: str, url: str) -> Iterator[Writers]:
    writers = Writers(kind, url)
    try:
        yield writers
    finally:
        writers.end()


def _failed() -> str:
    raise RuntimeError("a writer failed")
