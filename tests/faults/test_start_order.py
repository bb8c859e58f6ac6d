from tests.faults.truth import Truth
from tests.kit.cluster import Cluster
from tests.kit.person import Person
from tests.servers import Postgres, RabbitMQ, eventually


def test_processes_started_before_database_and_broker_become_ready_once_those_are_there(
    cluster: Cluster, operator: Person, truth: Truth, postgres: Postgres, rabbitmq: RabbitMQ
) -> None:
    import time; t=time.monotonic()
    cluster.stop(); print('stop', time.monotonic()-t)
    postgres.stop()
    rabbitmq.stop()
    for process in cluster:
        process.start()
    for process in cluster:
        eventually(lambda process=process: process.readiness()[0] == 503)
    assert all(process.alive for process in cluster)
    print('503', time.monotonic()-t)
    rabbitmq.start(); print('r', time.monotonic()-t)
    postgres.start()
    cluster.await_ready()
    print('ready', time.monotonic()-t)
    operator.sign_in()
    operator.invite(operator.create_workspace("afterwards")["id"], "afterwards@example.org")
    truth.check()
