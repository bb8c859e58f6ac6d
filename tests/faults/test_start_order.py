import time
from concurrent.futures import ThreadPoolExecutor

from tests.faults.person import Person
from tests.faults.truth import Truth
from tests.kit.installations import Installation
from tests.kit.processes import Process
from tests.servers import Postgres, RabbitMQ, eventually
from tests.workers import alone


def test_processes_started_before_database_and_broker_become_ready_soon_after_those_are_there(
    cluster: Installation, operator: Person, truth: Truth, postgres: Postgres, rabbitmq: RabbitMQ
) -> None:
    def waits(process: Process) -> bool:
        return process.readiness()[0] == 503

    cluster.stop()
    postgres.stop()
    rabbitmq.stop()
    for process in cluster:
        process.start()
    with ThreadPoolExecutor() as pool:
        assert all(pool.map(lambda process: eventually(lambda: waits(process)), cluster))
    assert all(process.alive for process in cluster)
    rabbitmq.start()
    with alone():
        postgres.start()
        began = time.monotonic()
        cluster.await_ready()
        print(f"servers there to all ready: {time.monotonic() - began:.2f} s")
        assert time.monotonic() - began < 5
    operator.sign_in()
    operator.invite(operator.create_workspace("afterwards")["id"], "afterwards@example.org")
    truth.check()
