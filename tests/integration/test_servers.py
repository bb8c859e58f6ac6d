"""What other tests rely on when they break the servers on purpose."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import kombu
import kombu.exceptions
import psutil
import psycopg
import pytest

from tests.servers import Postgres, RabbitMQ, eventually

QUEUE = kombu.Queue("jobs", durable=True, queue_arguments={"x-queue-type": "quorum"})


def send(url: str, body: str) -> None:
    with kombu.Connection(url) as connection, connection.Producer() as producer:
        producer.publish(body, routing_key=QUEUE.name, declare=[QUEUE], delivery_mode=2)


def waiting(url: str) -> int:
    with kombu.Connection(url) as connection:
        return QUEUE(connection.default_channel).queue_declare().message_count


@pytest.fixture
def notes(database_url: str) -> Iterator[str]:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (body text)")
        connection.execute("TRUNCATE notes")
        connection.execute("INSERT INTO notes VALUES ('kept')")
    return database_url


def noted(url: str) -> list[str]:
    with psycopg.connect(url, connect_timeout=2) as connection:
        return [row[0] for row in connection.execute("SELECT body FROM notes")]


def test_a_broker_that_was_killed_still_has_its_queues(rabbitmq: RabbitMQ, amqp_url: str) -> None:
    send(amqp_url, "kept")
    eventually(lambda: waiting(amqp_url) == 1)
    rabbitmq.kill()
    with pytest.raises(kombu.exceptions.OperationalError):
        waiting(amqp_url)
    rabbitmq.start()
    eventually(lambda: waiting(amqp_url) == 1)


def test_a_wiped_broker_has_nothing_but_the_virtual_host(rabbitmq: RabbitMQ, amqp_url: str) -> None:
    send(amqp_url, "lost")
    rabbitmq.wipe()
    assert "jobs" not in rabbitmq.ctl("list_queues", "-p", amqp_url.rpartition("/")[2], "name")
    assert waiting(amqp_url) == 0


def test_a_paused_broker_keeps_connections_open_and_does_not_answer(rabbitmq: RabbitMQ, amqp_url: str) -> None:
    with kombu.Connection(amqp_url) as connection:
        connection.connect()
        rabbitmq.pause()
        with pytest.raises(TimeoutError):
            kombu.Connection(amqp_url, connect_timeout=0.2).connect()
        rabbitmq.resume()
        assert QUEUE(connection.default_channel).queue_declare().queue == "jobs"


def test_modules_do_not_see_the_queues_of_one_another(rabbitmq: RabbitMQ, amqp_url: str) -> None:
    send(amqp_url, "mine")
    assert waiting(rabbitmq.create_vhost()) == 0


def test_a_database_that_was_killed_has_what_was_committed(postgres: Postgres, notes: str) -> None:
    postgres.kill()
    with pytest.raises(psycopg.OperationalError):
        noted(notes)
    postgres.start()
    assert noted(notes) == ["kept"]


def test_a_stopped_database_starts_again_at_the_same_address(postgres: Postgres, notes: str) -> None:
    postgres.stop()
    with pytest.raises(psycopg.OperationalError):
        noted(notes)
    postgres.start()
    assert noted(notes) == ["kept"]


def test_a_paused_database_answers_once_it_is_resumed(postgres: Postgres, notes: str) -> None:
    with psycopg.connect(notes) as connection:
        postgres.pause()
        with pytest.raises(psycopg.OperationalError):
            noted(notes)
        postgres.resume()
        assert connection.execute("SELECT body FROM notes").fetchone() == ("kept",)


def test_each_database_is_empty_at_first(postgres: Postgres, notes: str) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        noted(postgres.create_database())


def test_servers_end_when_the_test_run_is_killed(tmp_path: Path) -> None:
    script = """
from pathlib import Path; import os, signal, sys
from tests.servers import Postgres
server = Postgres(Path(sys.argv[1])); server.start()
print(server._pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)
"""
    run = subprocess.run([sys.executable, "-c", script, str(tmp_path / "postgres")], capture_output=True, text=True)
    eventually(lambda: not psutil.pid_exists(int(run.stdout)))
