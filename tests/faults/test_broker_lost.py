"""RabbitMQ killed, wiped, frozen, or not there yet, while a service and its callers are at work."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import kombu
import pytest

from services.chassis import broker
from services.chassis.broker import BrokerDown, Outgoing, Publisher
from services.chassis.errors import Unavailable
from services.chassis.rpc_client import RpcClient
from tests.kit.echo_process import EchoProcess
from tests.servers import RabbitMQ, eventually
from tests.workers import alone

TIMEOUT = 4.0


@pytest.fixture(scope="module")
def echo(amqp_url: str) -> Iterator[EchoProcess]:
    """The service, and an eventlet client beside it; started once, so that it lives through every outage here."""
    with EchoProcess(amqp_url) as process:
        yield process


@pytest.fixture(scope="module")
def client(amqp_url: str) -> Iterator[RpcClient]:
    client = RpcClient(amqp_url, TIMEOUT)
    yield client
    client.close()


@pytest.fixture
def patient(amqp_url: str) -> Iterator[RpcClient]:
    """Waits longer than it takes to break the broker, however busy the machine is."""
    client = RpcClient(amqp_url, 60)
    yield client
    client.close()


@pytest.fixture(autouse=True)
def works_before_and_after(rabbitmq: RabbitMQ, client: RpcClient, echo: EchoProcess) -> Iterator[None]:
    eventually(lambda: works(client, echo))
    yield
    rabbitmq.start()
    eventually(lambda: works(client, echo))
    assert (client.pending, echo.pending) == (0, 0)


def works(client: RpcClient, echo: EchoProcess) -> bool:
    return bool(client.call("echo", "echo", {"a": 1}).data and echo.call("echo", "echo", {"a": 1}).data)


def seconds_until_unavailable(client: RpcClient | EchoProcess) -> float:
    began = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        client.call("echo", "echo", {})
    assert caught.value.fields == {"retry_after": 1}
    return time.monotonic() - began


def test_calls_fail_at_once_while_the_broker_is_gone_and_work_a_moment_after_it_is_back(
    rabbitmq: RabbitMQ, client: RpcClient, echo: EchoProcess
) -> None:
    rabbitmq.kill()
    seconds_until_unavailable(client)
    with alone():
        assert seconds_until_unavailable(client) < 0.5
        assert seconds_until_unavailable(echo) < 0.5
    rabbitmq.start()
    began = time.monotonic()
    eventually(lambda: works(client, echo))
    assert time.monotonic() - began < 3


def test_a_call_under_way_when_the_broker_dies_fails_at_once(rabbitmq: RabbitMQ, patient: RpcClient) -> None:
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(patient.call, "echo", "held", {})
        eventually(lambda: patient.call("echo", "done", {}).data["done"] == ["begun"])
        with alone():
            rabbitmq.kill()
            began = time.monotonic()
            assert type(call.exception()) is Unavailable
            assert time.monotonic() - began < 1


def test_everything_is_declared_anew_when_the_broker_comes_back_empty(rabbitmq: RabbitMQ, client: RpcClient, echo: EchoProcess) -> None:
    rabbitmq.wipe()
    eventually(lambda: works(client, echo))


def test_a_deleted_queue_is_declared_anew(amqp_url: str, client: RpcClient, echo: EchoProcess) -> None:
    with kombu.Connection(amqp_url) as connection:
        connection.channel().queue_delete("rpc-echo")
    eventually(lambda: works(client, echo))


def test_calls_are_refused_within_five_seconds_by_a_broker_that_hangs(rabbitmq: RabbitMQ, client: RpcClient, echo: EchoProcess) -> None:
    rabbitmq.pause()
    with ThreadPoolExecutor(20) as pool:
        waits = list(pool.map(lambda _: seconds_until_unavailable(client), range(20)))
    assert max(waits) < 5
    assert seconds_until_unavailable(echo) < 5
    rabbitmq.resume()
    eventually(lambda: works(client, echo), within=10)


def test_a_hanging_broker_keeps_nobody_who_comes_new_longer_than_the_timeout(rabbitmq: RabbitMQ, amqp_url: str) -> None:
    rabbitmq.pause()
    newcomer = RpcClient(amqp_url, timeout=1.0)
    assert seconds_until_unavailable(newcomer) < 1.5
    rabbitmq.resume()
    eventually(lambda: newcomer.call("echo", "echo", {}).data == {})
    newcomer.close()


def test_a_service_may_start_before_its_broker(rabbitmq: RabbitMQ, amqp_url: str) -> None:
    rabbitmq.kill()
    with EchoProcess(amqp_url, "early") as process:
        rabbitmq.start()
        eventually(lambda: process.call("early", "echo", {"n": 1}).data == {"n": 1})
        process.terminate()
        assert process.ended() == 0


def test_a_service_ends_in_good_order_while_the_broker_is_gone(rabbitmq: RabbitMQ, amqp_url: str) -> None:
    with EchoProcess(amqp_url, "brief") as process:
        eventually(lambda: process.call("brief", "echo", {"n": 1}).data == {"n": 1})
        rabbitmq.kill()
        process.terminate()
        assert process.ended() == 0


def test_a_call_runs_once_although_the_service_loses_its_connection_meanwhile(
    rabbitmq: RabbitMQ, patient: RpcClient, amqp_url: str
) -> None:
    with EchoProcess(amqp_url, "cut") as process, ThreadPoolExecutor(1) as pool:
        eventually(lambda: patient.call("cut", "echo", {}).data == {})
        call = pool.submit(patient.call, "cut", "held", {})
        eventually(lambda: patient.call("cut", "done", {}).data["done"] == ["begun"])
        rabbitmq.ctl("close_all_connections", "--vhost", amqp_url.rpartition("/")[2], "test")
        assert type(call.exception()) is Unavailable
        eventually(lambda: process.call("cut", "release", {}).data == {})
        eventually(lambda: process.call("cut", "done", {}).data["done"] == ["begun", "ended"])


def test_what_is_published_to_a_dead_or_hanging_broker_is_reported_as_not_taken(rabbitmq: RabbitMQ, amqp_url: str) -> None:
    publisher, messages = Publisher(amqp_url, timeout=1.0), [Outgoing("shop.order", "{}")] * 100
    publisher.publish_all(messages)
    rabbitmq.pause()
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(BrokerDown):
            publisher.publish_all(messages)
        assert time.monotonic() - began < 5
    rabbitmq.kill()
    with pytest.raises(BrokerDown):
        publisher.publish_all(messages)
    rabbitmq.start()
    publisher.publish_all(messages)
    publisher.announce("shop", 1)
    publisher.close()


def test_events_confirmed_before_a_crash_are_there_after_it(rabbitmq: RabbitMQ, amqp_url: str) -> None:
    queue, publisher = broker.consumer_queue("test.kept", ["kept"]), Publisher(amqp_url)
    with broker.connect(amqp_url) as connection:
        broker.EVENTS(connection.channel()).declare()
        queue(connection.channel()).declare()
    publisher.publish_all([Outgoing("kept.order", str(number)) for number in range(1000)])
    publisher.close()
    rabbitmq.kill()
    rabbitmq.start()
    bodies = list[str]()
    with broker.connect(amqp_url) as connection, kombu.Consumer(connection.channel(), [queue], on_message=lambda m: bodies.append(m.body)):
        while len(bodies) < 1000:
            connection.drain_events(timeout=10)
    assert bodies == [str(number) for number in range(1000)]
