"""How tests are shared out among processes (``make test``), and how one that measures time has the machine to itself."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

# The longest first, so that no worker is left with them at the end.
ORDER = ("tests/faults/", "tests/e2e/distributed/", "tests/conformance/", "tests/e2e/", "tests/integration/", "tests/")
# Tests there share an installation of a dozen processes. One worker starts it once.
TOGETHER = ORDER[:2]
# So many workers have two processors busy as long as both run. The others join when the second is done.
FIRST, SECOND = len(TOGETHER), TOGETHER[1]

# Two files to lock; any will do.
GATE, TURN = Path(__file__), Path(__file__).with_name("conftest.py")


def place(nodeid: str) -> int:
    return next(number for number, start in enumerate(ORDER) if nodeid.startswith(start))


class Scheduling(LoadFileScheduling):
    """A file to a worker, or what belongs together."""

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        super().mark_test_complete(node, item_index, duration)
        for other in self.nodes[FIRST:]:
            self._reschedule(other)

    def _assign_work_unit(self, node: WorkerController) -> None:
        if node in self.nodes[:FIRST] or not self._both_run():
            super()._assign_work_unit(node)

    def _both_run(self) -> bool:
        return any(not all(units[SECOND].values()) for units in self.assigned_work.values() if SECOND in units)

    def _split_scope(self, nodeid: str) -> str:
        return next((start for start in TOGETHER if nodeid.startswith(start)), super()._split_scope(nodeid))


_turn = TURN.open()


@contextmanager
def alone() -> Iterator[None]:
    """No other test runs meanwhile: around what is measured, and nothing else."""
    _await_turn(fcntl.LOCK_EX)
    try:
        yield
    finally:
        take_turn()


def take_turn() -> None:
    """Returns when no test is alone. For a long test also between two of its steps: so nobody waits for all of it to be alone."""
    _await_turn(fcntl.LOCK_SH)


def _await_turn(kind: int) -> None:
    end_turn()
    with GATE.open() as gate:
        # Open again as soon as it was our turn: nobody passes by somebody who waits to be alone.
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(_turn, kind)


def end_turn() -> None:
    fcntl.flock(_turn, fcntl.LOCK_UN)
