"""Registering ten thousand resources in one call: what that takes of all processors, since it must end within a call's patience."""

from statistics import median
from typing import Any

from bench.cost import spent
from bench.installation import Installation, distributed
from bench.measure import Result
from bench.servers import Servers

PROJECTS, TASKS = 100, 9_900
GOAL = 1.5


def run(servers: Servers, quick: bool) -> list[Result]:
    # Patient, so that a busy machine makes it late and not fail; what is measured does not depend on it.
    with distributed(servers, GATEHOUSE_RPC_TIMEOUT="60") as made:
        [workspace] = made.workspaces(1)
        costs = [_cost(made, servers, f"/v1/workspaces/{workspace}/resources:batch", number) for number in range(3 if quick else 8)][1:]
    value, spread = median(costs), (min(costs), max(costs))
    what = f"{PROJECTS + TASKS:,} resources registered in one call over HTTP, processor time until it is answered"
    return [Result("resources", what, value, "s", spread, f"{spread[0]:.2f}–{spread[1]:.2f} s", GOAL, upper=True)]


def _cost(made: Installation, servers: Servers, path: str, number: int) -> float:
    """Of all processes and servers together."""
    projects = [{"op": "put", "type": "project", "id": f"p{number}-{n}", "name": f"Project {n}"} for n in range(PROJECTS)]
    tasks = [
        {
            "op": "put",
            "type": "task",
            "id": f"t{number}-{n}",
            "name": f"Task {n}",
            "parent": {"type": "project", "id": f"p{number}-{n % PROJECTS}"},
        }
        for n in range(TASKS)
    ]
    made.drain()
    began = spent(made, servers)
    results: Any = made.post(path, {"changes": [*projects, *tasks]})["results"]
    taken = spent(made, servers) - began
    assert all(result == {"status": "created"} for result in results)
    return taken
