"""Two of everything: who leads, who waits, and how long nobody does after a kill."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.faults.holding import held, waiting
from tests.faults.person import Person
from tests.faults.truth import Truth
from tests.kit.installations import Installation
from tests.kit.processes import Process
from tests.servers import eventually

TAKEOVER = 5.0


@pytest.fixture
def twin(cluster: Installation, request: pytest.FixtureRequest) -> Iterator[Process]:
    """A second replica of the process that the test names, ready."""
    process = cluster.add(*request.param)
    process.start()
    process.await_ready()
    yield process
    cluster.dismiss(process)


def leads(worker: Process, service: str) -> bool:
    return worker.metric("gatehouse_publisher_leading", source=service) == 1


def applied(worker: Process, consumer: str) -> float:
    return worker.metric("gatehouse_events_applied_total", consumer=consumer)


@pytest.mark.parametrize("twin", [("work", "workspaces")], indirect=True)
def test_one_publisher_leads_and_the_other_takes_over_in_under_five_seconds(
    cluster: Installation, twin: Process, operator: Person, workspace: str, truth: Truth
) -> None:
    workers = [cluster.worker("workspaces"), twin]
    assert sorted(leads(worker, "workspaces") for worker in workers) == [False, True]
    leader = next(worker for worker in workers if leads(worker, "workspaces"))
    killed = time.monotonic()
    leader.kill()
    operator.invite(workspace, "heir@example.org")
    invited = truth.events("workspaces")[-1].id
    eventually(lambda: invited in truth.journal())
    print(f"publisher's takeover: {time.monotonic() - killed:.2f} s")
    assert time.monotonic() - killed < TAKEOVER
    cluster.start()
    truth.check()


@pytest.mark.parametrize("twin", [("work", "audit")], indirect=True)
def test_one_consumer_is_active_and_the_other_takes_over_in_under_five_seconds(
    cluster: Installation, twin: Process, operator: Person, workspace: str, truth: Truth
) -> None:
    workers = [cluster.worker("audit"), twin]
    truth.await_calm()
    before = [applied(worker, "audit.journal") for worker in workers]
    for number in range(20):
        operator.invite(workspace, f"one{number}@example.org")
    truth.await_calm()
    moved = [applied(worker, "audit.journal") - was for worker, was in zip(workers, before, strict=True)]
    assert sorted(moved) == [0, 20]
    active = workers[moved.index(20)]
    killed = time.monotonic()
    active.kill()
    operator.invite(workspace, "next@example.org")
    invited = truth.events("workspaces")[-1].id
    eventually(lambda: invited in truth.journal())
    print(f"consumer's takeover: {time.monotonic() - killed:.2f} s")
    assert time.monotonic() - killed < TAKEOVER
    cluster.start()
    truth.check()


@pytest.mark.parametrize("twin", [("serve", "workspaces")], indirect=True)
def test_requests_go_on_being_answered_while_one_of_two_replicas_is_killed(
    cluster: Installation, twin: Process, operator: Person, workspace: str, truth: Truth
) -> None:
    answers: list[tuple[int, float]] = []
    ended = threading.Event()

    def ask(number: int) -> None:
        while not ended.is_set():
            began = time.monotonic()
            command = ("POST", f"/workspaces/{workspace}/invitations", {"email": f"asked{number}.{len(answers)}@example.org"})
            question = ("GET", f"/workspaces/{workspace}/members", None)
            method, path, body = command if number % 2 else question
            response = operator.send(method, path, body, key=str(uuid4()) if body else "")
            answers.append((response.status_code, time.monotonic() - began))
            if response.status_code == 503:
                print(method, path, response.text)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for victim in (twin, cluster.service("workspaces")):
            before = len(answers)
            eventually(lambda before=before: len(answers) > before + 20)
            victim.kill()
            before = len(answers)
            eventually(lambda before=before: len(answers) > before + 20)
            victim.start()
            victim.await_ready()
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    print(f"{len(answers)} answers, slowest {max(seconds for _, seconds in answers):.2f} s")
    assert {status for status, _ in answers} <= {200, 201}
    assert max(seconds for _, seconds in answers) < 2
    truth.check()


@pytest.mark.parametrize("twin", [("serve", "workspaces")], indirect=True)
def test_questions_in_flight_at_a_killed_replica_are_answered_by_the_other(
    cluster: Installation, twin: Process, operator: Person, workspace: str, truth: Truth
) -> None:
    members = f"/workspaces/{workspace}/members"
    assert operator.send("GET", members).ok
    with ThreadPoolExecutor(2) as pool:
        with held(truth.db("workspaces"), "members", "ACCESS EXCLUSIVE"):
            asked = [pool.submit(operator.send, "GET", members) for _ in range(2)]
            eventually(lambda: waiting(truth.db("workspaces"), "members") == 2)
            twin.kill()
        assert [answer.result().status_code for answer in asked] == [200, 200]
