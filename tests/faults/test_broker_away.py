"""RabbitMQ away, frozen, and back, as clients of the whole see it; nothing may pile up meanwhile."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psutil
import pytest
import requests

from tests.faults.holding import held, waiting
from tests.faults.person import Person
from tests.faults.traffic import Traffic
from tests.faults.truth import Truth
from tests.kit.installations import Installation
from tests.servers import RabbitMQ, eventually

PATIENCE = 5.0
RECOVERY = 5.0
MEGABYTE = 1_000_000


def create(operator: Person, name: str, key: str) -> requests.Response:
    return operator.send("POST", "/workspaces", {"name": name}, key=key)


def refused(operator: Person, name: str, key: str) -> None:
    began = time.monotonic()
    response = create(operator, name, key)
    assert time.monotonic() - began < PATIENCE
    assert (response.status_code, int(response.headers["Retry-After"]) > 0) == (503, True)


def created(truth: Truth, name: str) -> list[str]:
    return [event.subject for event in truth.events("workspaces", "workspaces.workspace.created") if event.data["name"] == name]


def memory(cluster: Installation) -> dict[str, int]:
    return {process.name: psutil.Process(process.pid).memory_info().rss for process in cluster}


def queues(cluster: Installation, rabbitmq: RabbitMQ) -> dict[str, tuple[int, str]]:
    """Messages and arguments of every queue by name."""
    vhost = cluster.environ["AMQP_URL"].rpartition("/")[2]
    lines = rabbitmq.ctl("list_queues", "-p", vhost, "--no-table-headers", "name", "messages", "arguments").splitlines()
    return {name: (int(messages), arguments) for name, messages, arguments in (line.split("\t") for line in lines if "\t" in line)}


@pytest.mark.parametrize("all_is_gone", [False, True], ids=["with-its-data", "with-nothing"])
def test_a_broker_that_is_down_makes_requests_503_and_everything_goes_on_when_it_is_back(
    cluster: Installation, operator: Person, workspace: str, truth: Truth, rabbitmq: RabbitMQ, all_is_gone: bool
) -> None:
    pids, before, key = [process.pid for process in cluster], memory(cluster), str(uuid4())
    rabbitmq.kill()
    with ThreadPoolExecutor(20) as pool:
        for attempt in [pool.submit(refused, operator, "flood", str(uuid4())) for _ in range(200)]:
            attempt.result()
    refused(operator, f"patience {key}", key)
    assert cluster.gateway.metric("gatehouse_rpc_pending") == 0
    for process in cluster:
        eventually(lambda process=process: process.readiness()[0] == 503)
    # The logs go on without the broker; whoever follows them hears of it later.
    truth.app("workspaces").change_workspace(UUID(workspace), datetime.now(UTC), "renamed meanwhile")
    renamed = truth.events("workspaces")[-1]
    rabbitmq.wipe() if all_is_gone else rabbitmq.start()
    began = time.monotonic()
    answer = eventually(lambda: (r := create(operator, f"patience {key}", key)).ok and r)
    print(f"broker back to first answer: {time.monotonic() - began:.2f} s")
    assert time.monotonic() - began < RECOVERY
    truth.await_calm()
    print(f"broker back to all caught up: {time.monotonic() - began:.2f} s")
    cluster.await_ready()
    assert [process.pid for process in cluster] == pids
    assert created(truth, f"patience {key}") == [answer.json()["id"]]
    assert renamed.id in truth.journal()
    truth.check()
    grown = {name: size - before[name] for name, size in memory(cluster).items()}
    print({name: f"{size / MEGABYTE:.1f} MB" for name, size in grown.items()})
    assert max(grown.values()) < 20 * MEGABYTE


def test_work_done_while_the_broker_froze_is_answered_503_and_found_done_by_the_key(
    cluster: Installation, operator: Person, truth: Truth, rabbitmq: RabbitMQ
) -> None:
    db, key = truth.db("workspaces"), str(uuid4())
    with ThreadPoolExecutor(1) as pool:
        with held(db, "stored_events"):
            asked = pool.submit(refused, operator, f"frozen {key}", key)
            eventually(lambda: waiting(db, "stored_events"))
            rabbitmq.pause()
        asked.result()
    assert len(created(truth, f"frozen {key}")) == 1
    refused(operator, f"frozen {key}", key)
    assert cluster.gateway.metric("gatehouse_rpc_pending") == 0
    rabbitmq.resume()
    began = time.monotonic()
    answer = eventually(lambda: (r := create(operator, f"frozen {key}", key)).ok and r)
    print(f"broker resumed to first answer: {time.monotonic() - began:.2f} s")
    assert created(truth, f"frozen {key}") == [answer.json()["id"]]
    cluster.await_ready()
    truth.check()


def test_calls_to_a_dead_service_leave_no_message_no_memory_and_no_late_effect(
    cluster: Installation, operator: Person, truth: Truth, rabbitmq: RabbitMQ
) -> None:
    name = f"dead {uuid4()}"
    cluster.service("workspaces").kill()
    with ThreadPoolExecutor(50) as pool:
        for attempt in [pool.submit(refused, operator, name, str(uuid4())) for _ in range(50)]:
            attempt.result()
    assert cluster.gateway.metric("gatehouse_rpc_pending") == 0
    assert queues(cluster, rabbitmq)["rpc-workspaces"][0] == 0
    cluster.start()
    truth.check()
    assert created(truth, name) == []
    # Queues of calls need no such bound: what lies there expires with the patience of whoever called.
    unbounded = [name for name, (_, arguments) in queues(cluster, rabbitmq).items() if "x-max-length" not in arguments]
    assert [name for name in unbounded if not name.startswith(("rpc-", "rpc.reply-"))] == []


def test_a_broker_lost_with_all_it_had_amid_traffic_loses_and_doubles_nothing(
    cluster: Installation, operator: Person, workspace: str, truth: Truth, rabbitmq: RabbitMQ
) -> None:
    with Traffic(operator, workspace) as traffic:
        traffic.await_more(10)
        rabbitmq.wipe()
        traffic.await_more(10)
    truth.check()
    assert [len(created(truth, name)) for name in traffic.created] == [1] * len(traffic.created)
