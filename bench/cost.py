"""What requests cost in processor time, which depends far less than their rate on what else the machine does meanwhile."""

from contextlib import suppress

import psutil

from bench.client import Load
from bench.installation import Installation
from bench.servers import Servers


class Metered:
    """A load, and the processor time that all of the installation, its servers among it, takes for one of its answers."""

    def __init__(self, load: Load, made: Installation, servers: Servers, *, drained: bool) -> None:
        """``drained``: a round ends once every consumer has applied what was published."""
        self._load, self._made, self._drained, self._servers = load, made, drained, servers
        self.costs: list[float] = []

    def rate(self, seconds: float) -> float:
        answered, began = self._load.answered, spent(self._made, self._servers)
        rate = self._load.rate(seconds)
        if self._drained:
            self._made.drain()
        self.costs.append(1000 * (spent(self._made, self._servers) - began) / (self._load.answered - answered))
        return rate


def spent(made: Installation, servers: Servers) -> float:
    """Seconds of processor time so far, of the installation and its servers."""
    return sum(_seconds(root) for root in [*made.processes.pids.values(), servers.postgres.pid or 0, servers.rabbitmq.pid])


def _seconds(root: int) -> float:
    """Of a process and all that it started; what has ended meanwhile counts with whoever waited for it."""
    process = psutil.Process(root)
    ended = process.cpu_times()
    return ended.children_user + ended.children_system + sum(_own(each) for each in [process, *process.children(recursive=True)])


def _own(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0
