"""PostgreSQL away, and back: no process is started again."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.faults.person import Person
from tests.faults.traffic import Traffic
from tests.faults.truth import Truth
from tests.kit.installations import Installation
from tests.servers import Postgres, eventually
from tests.workers import alone

PATIENCE = 5.0
RECOVERY = 3.0


def refused(operator: Person, name: str, key: str) -> None:
    began = time.monotonic()
    response = operator.send("POST", "/workspaces", {"name": name}, key=key)
    assert time.monotonic() - began < PATIENCE
    assert (response.status_code, int(response.headers["Retry-After"]) > 0) == (503, True)
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("take_away", "bring_back"), [(Postgres.kill, Postgres.start), (Postgres.pause, Postgres.resume)], ids=["killed", "frozen"]
)
def test_requests_are_refused_while_the_database_is_away_and_answered_soon_after_it_is_back(
    cluster: Installation,
    operator: Person,
    truth: Truth,
    postgres: Postgres,
    take_away: Callable[[Postgres], None],
    bring_back: Callable[[Postgres], None],
) -> None:
    pids, key = [process.pid for process in cluster], str(uuid4())
    name = f"patience {key}"
    take_away(postgres)
    # Long enough for whoever tries again ever more slowly to have become slow.
    for _ in range(3 if take_away is Postgres.kill else 1):
        refused(operator, name, key)
    if take_away is Postgres.kill:
        # At once: each of them tries for some seconds.
        with ThreadPoolExecutor() as pool:
            answers = list(pool.map(lambda process: (process, *process.readiness()), cluster))
        for process, status, told in answers:
            assert process is cluster.gateway or (status == 503 and "database" in told["problems"])
    with alone():
        bring_back(postgres)
        began = time.monotonic()
        answer = eventually(lambda: (r := operator.send("POST", "/workspaces", {"name": name}, key=key)).ok and r)
        print(f"database back to first answer: {time.monotonic() - began:.2f} s")
        assert time.monotonic() - began < RECOVERY
    cluster.await_ready()
    assert [process.pid for process in cluster] == pids
    truth.check()
    created = [event.subject for event in truth.events("workspaces", "workspaces.workspace.created") if event.data["name"] == name]
    assert created == [answer.json()["id"]]


def test_a_database_killed_amid_traffic_takes_nothing_back_for_good(
    cluster: Installation, operator: Person, workspace: str, truth: Truth, postgres: Postgres
) -> None:
    with Traffic(operator, workspace) as traffic:
        for _ in range(2):
            traffic.await_more(5)
            postgres.kill()
            postgres.start()
    truth.check()
