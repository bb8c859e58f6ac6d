"""Memory of each process at rest, after it has been ready for some seconds."""

import time

import psutil

from bench.installation import distributed
from bench.measure import Result
from bench.processes import GATEHOUSE, Processes, await_answer
from bench.servers import Servers
from tests.servers import free_port

GOAL = 120.0
_REST = 5.0
_MB = 1024 * 1024


def run(servers: Servers, quick: bool) -> list[Result]:
    with distributed(servers) as made:
        made.workspaces(3)
        time.sleep(_REST)
        results = [_of(name, pid) for name, pid in made.processes.pids.items()]
    return [*results, _embedded(servers)]


def _embedded(servers: Servers) -> Result:
    """All services, workers and the gateway in one process; its PostgreSQL is not in the number."""
    port = free_port()
    (logs := servers.folder / f"logs{port}").mkdir()
    processes = Processes(logs)
    environ = {"GATEHOUSE_STATE": str(servers.folder / f"state{port}"), "GATEHOUSE_HTTP": f"127.0.0.1:{port}"}
    try:
        processes.start("up", [*GATEHOUSE, "up"], environ)
        await_answer(f"http://127.0.0.1:{port}/readyz")
        time.sleep(_REST)
        return _of("up", processes.pids["up"], goal=None)
    finally:
        processes.stop()


def _of(name: str, pid: int, goal: float | None = GOAL) -> Result:
    used = psutil.Process(pid).memory_full_info()
    rss, pss, uss = used.rss / _MB, used.pss / _MB, used.uss / _MB
    detail = f"RSS {rss:.0f}, PSS {pss:.0f}, USS {uss:.0f} MB"
    return Result("memory", f"memory at rest: gatehouse {name}", rss, "MB", (uss, rss), detail, goal, upper=True)
