"""SIGTERM, as a supervisor sends it before it replaces a process."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import kombu
import pytest
import requests

from tests.faults.holding import held, waiting
from tests.faults.person import Person
from tests.faults.truth import Truth
from tests.kit.installations import Installation
from tests.kit.processes import Process
from tests.servers import eventually


def queue(cluster: Installation, name: str) -> Any:
    with kombu.Connection(cluster.environ["AMQP_URL"]) as connection:
        return connection.channel().queue_declare(name, passive=True)


def listening(process: Process) -> bool:
    try:
        return requests.get(f"http://{process.address}/healthz", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.mark.parametrize("name", ["workspaces", "gateway"])
def test_a_request_in_flight_is_answered_before_its_process_ends(
    cluster: Installation, operator: Person, workspace: str, truth: Truth, name: str
) -> None:
    process = cluster.gateway if name == "gateway" else cluster.service(name)
    db = truth.db("workspaces")
    with ThreadPoolExecutor(1) as pool:
        with held(db, "stored_events"):
            asked = pool.submit(operator.send, "POST", f"/workspaces/{workspace}/invitations", {"email": f"late-{name}@example.org"})
            eventually(lambda: waiting(db, "stored_events"))
            process.terminate()
            if name == "gateway":
                eventually(lambda: not listening(process))
            else:
                eventually(lambda: queue(cluster, "rpc-workspaces").consumer_count == 0)
            assert process.alive
        assert asked.result().status_code == 201
    assert process.ended() == 0


def test_a_batch_at_work_is_applied_and_acknowledged_before_its_worker_ends(
    cluster: Installation, operator: Person, workspace: str, truth: Truth
) -> None:
    worker, db = cluster.worker("audit"), truth.db("audit")
    truth.await_calm()
    with held(db, "journal"):
        operator.invite(workspace, "batch@example.org")
        eventually(lambda: waiting(db, "journal"))
        worker.terminate()
        eventually(lambda: "ended" in worker.readiness()[1]["problems"].values())
        assert worker.alive
    assert worker.ended() == 0
    assert truth.events("workspaces")[-1].id in truth.journal()
    assert queue(cluster, "audit.journal").message_count == 0
