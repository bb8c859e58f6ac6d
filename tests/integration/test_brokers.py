"""What holds on RabbitMQ and on the broker inside the process alike: publishing and consuming."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import amqp
import pytest
from amqp.exceptions import AMQPError, ConsumerCancelled, NotFound
from kombu import Connection, Consumer, Queue

from services.chassis import broker
from services.chassis.broker import BrokerDown, Outgoing, Publisher
from tests.servers import eventually, free_port
from tests.workers import alone

Connect = Callable[[], Connection]


@pytest.fixture(params=["rabbitmq", "in-process"])
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("amqp_url") if request.param == "rabbitmq" else f"inprocess://{uuid4().hex}"


@pytest.fixture
def connect(url: str) -> Iterator[Connect]:
    opened: list[Connection] = []

    def connect() -> Connection:
        opened.append(broker.connect(url))
        return opened[-1]

    yield connect
    for connection in opened:
        broker.disconnect(connection)


@pytest.fixture
def publisher(url: str) -> Iterator[Publisher]:
    publisher = Publisher(url)
    yield publisher
    publisher.close()


@pytest.fixture
def name() -> str:
    return f"test.{uuid4().hex}"


class Reader:
    """Consumes one queue and keeps what came."""

    def __init__(self, connection: Connection, queue: Queue, *, prefetch: int = 1000) -> None:
        self.connection, self.messages = connection, list[Any]()
        self.consumer = Consumer(connection.channel(), [queue], on_message=self.messages.append, prefetch_count=prefetch)
        self.consumer.consume()

    def keys(self, count: int, within: float = 10.0) -> list[str]:
        deadline = time.monotonic() + within
        while len(self.messages) < count and time.monotonic() < deadline:
            self.drain(0.1)
        return [message.delivery_info["routing_key"] for message in self.messages]

    def silent(self) -> bool:
        """After a moment in which something could have come."""
        before = len(self.messages)
        while self.drain(0.2):
            pass
        return len(self.messages) == before

    def drain(self, timeout: float) -> bool:
        try:
            self.connection.drain_events(timeout=timeout)
        except TimeoutError:
            return False
        return True


def events(*keys: str) -> list[Outgoing]:
    return [Outgoing(key, "{}") for key in keys]


def numbered(count: int) -> list[str]:
    return [f"shop.order.{number}" for number in range(count)]


def test_everything_published_is_taken_in_order(connect: Connect, publisher: Publisher, name: str) -> None:
    reader = Reader(connect(), broker.consumer_queue(name, ["shop"]), prefetch=5000)
    publisher.publish_all(events(*numbered(3000)))
    publisher.publish_all(events("shop.last"))
    assert reader.keys(3001) == [*numbered(3000), "shop.last"]


def test_a_message_arrives_as_it_was_sent(connect: Connect, publisher: Publisher, name: str) -> None:
    reader = Reader(connect(), broker.consumer_queue(name, ["shop"]))
    publisher.publish_all([Outgoing("shop.order", '{"name": "Zoë"}', {"traceparent": "00-1"}), Outgoing("shop.order", b'{"n": 2}')])
    reader.keys(2)
    first, second = reader.messages
    assert (first.body, first.headers["traceparent"], first.content_type) == ('{"name": "Zoë"}', "00-1", "application/cloudevents+json")
    assert second.body == '{"n": 2}'


def test_a_consumer_gets_the_events_of_its_sources_and_no_others(connect: Connect, publisher: Publisher, name: str) -> None:
    reader = Reader(connect(), broker.consumer_queue(name, ["shop", "bank"]))
    publisher.publish_all(events("shop", "shop.a.b.c", "shopping.a", "other.shop", "bank.a"))
    assert reader.keys(3) == ["shop", "shop.a.b.c", "bank.a"]
    assert reader.silent()


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a.*", ["a.b"]),
        ("a.#", ["a", "a.b", "a.b.c"]),
        ("#.c", ["a.b.c", "c"]),
        ("*.b.#", ["a.b", "a.b.c"]),
        ("#", ["a", "a.b", "a.b.c", "c"]),
    ],
)
def test_topics_match_word_by_word(connect: Connect, publisher: Publisher, name: str, pattern: str, expected: list[str]) -> None:
    reader = Reader(connect(), Queue(name, broker.EVENTS, routing_key=pattern, exclusive=True))
    publisher.publish_all(events("a", "a.b", "a.b.c", "c"))
    assert reader.keys(len(expected)) == expected
    assert reader.silent()


def test_what_was_not_acknowledged_comes_again_in_order_after_a_close(connect: Connect, publisher: Publisher, name: str) -> None:
    first = Reader(connect(), broker.consumer_queue(name, ["shop"]))
    publisher.publish_all(events(*numbered(5)))
    first.keys(5)
    first.messages[0].ack()
    first.connection.release()
    second = Reader(connect(), broker.consumer_queue(name, ["shop"]))
    assert second.keys(4) == numbered(5)[1:]
    assert all(message.delivery_info["redelivered"] for message in second.messages)


def test_acknowledging_many_at_once_leaves_the_later_ones(connect: Connect, publisher: Publisher, name: str) -> None:
    first = Reader(connect(), broker.consumer_queue(name, ["shop"]))
    publisher.publish_all(events(*numbered(4)))
    first.keys(4)
    first.messages[2].ack(multiple=True)
    first.connection.release()
    assert Reader(connect(), broker.consumer_queue(name, ["shop"])).keys(1) == numbered(4)[3:]


def test_a_message_that_is_put_back_comes_before_later_ones(connect: Connect, publisher: Publisher, name: str) -> None:
    reader = Reader(connect(), Queue(name, broker.EVENTS, routing_key="shop.#", exclusive=True), prefetch=1)
    publisher.publish_all(events("shop.a", "shop.b"))
    reader.keys(1)
    reader.messages.pop().requeue()
    assert reader.keys(1) == ["shop.a"]


def test_no_more_than_the_prefetch_count_are_handed_out_unacknowledged(connect: Connect, publisher: Publisher, name: str) -> None:
    reader = Reader(connect(), broker.consumer_queue(name, ["shop"]), prefetch=2)
    publisher.publish_all(events(*numbered(3)))
    assert reader.keys(2) == numbered(2)
    assert reader.silent()
    reader.messages[0].ack()
    assert reader.keys(3) == numbered(3)


def test_one_of_two_consumers_gets_everything_until_it_goes(connect: Connect, publisher: Publisher, name: str) -> None:
    first = Reader(connect(), broker.consumer_queue(name, ["shop"]))
    second = Reader(connect(), broker.consumer_queue(name, ["shop"]))
    publisher.publish_all(events(*numbered(4)))
    assert first.keys(4) == numbered(4)
    assert second.silent()
    first.connection.release()
    assert second.keys(4) == numbered(4)


def test_an_overlong_queue_forgets_the_oldest(connect: Connect, publisher: Publisher, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "QUEUE_LENGTH", 3)
    Reader(connect(), queue := broker.consumer_queue(name, ["shop"])).connection.release()
    publisher.publish_all(events(*numbered(10)))
    assert Reader(connect(), queue).keys(3) == numbered(10)[-3:]


def test_a_private_queue_goes_with_its_connection(connect: Connect, publisher: Publisher) -> None:
    queue = broker.private_queue("gateway", ["shop"])
    reader = Reader(connect(), queue)
    publisher.publish_all(events("shop.order"))
    assert reader.keys(1) == ["shop.order"]
    reader.connection.release()
    with pytest.raises(NotFound):
        queue(connect().channel()).queue_declare(passive=True)


def test_a_private_queue_is_nobody_elses(connect: Connect) -> None:
    queue = broker.private_queue("gateway", ["shop"])
    Reader(connect(), queue)
    with pytest.raises(AMQPError, match=r"RESOURCE_LOCKED|own"):
        Reader(connect(), queue)


def test_a_heartbeat_comes_after_the_events_it_tells_of(connect: Connect, publisher: Publisher) -> None:
    reader = Reader(connect(), broker.private_queue("gateway", ["shop"], heartbeats=True))
    publisher.publish_all(events(*numbered(100)))
    publisher.announce("shop", 100)
    publisher.announce("bank", 7)
    assert reader.keys(101) == [*numbered(100), "shop"]
    assert reader.messages[-1].delivery_info["exchange"] == broker.HEARTBEATS.name
    assert reader.messages[-1].body == '{"source": "shop", "position": 100}'


def test_a_message_nobody_is_there_for_is_returned_when_asked_for(connect: Connect) -> None:
    connection, returned = connect(), list[str]()
    channel = connection.channel()
    broker.EVENTS(channel).declare()
    channel.events["basic_return"].add(lambda error, exchange, key, message: returned.append(key))
    broker.send(channel, amqp.Message("{}"), broker.EVENTS.name, f"nobody.{uuid4()}", mandatory=True)
    while not returned:
        connection.drain_events(timeout=5)
    assert returned[0].startswith("nobody.")


def test_a_message_that_nobody_fetched_in_time_is_gone(connect: Connect, name: str) -> None:
    connection, confirmed = connect(), list[int]()
    channel = connection.channel()
    Queue(name, durable=True)(channel).declare()
    channel.confirm_select()
    channel.events["basic_ack"].add(lambda tag, multiple: confirmed.append(tag))
    for expiration in ("1", "60000"):
        broker.send(channel, amqp.Message(expiration, expiration=expiration), "", name)
    while max(confirmed, default=0) < 2:
        connection.drain_events(timeout=5)
    eventually(lambda: channel.queue_declare(name, passive=True).message_count == 1)
    assert channel.basic_get(name).body == "60000"
    channel.queue_delete(name)


def test_whoever_waits_is_woken_at_once(connect: Connect, publisher: Publisher, name: str) -> None:
    reader = Reader(connect(), broker.consumer_queue(name, ["shop"]))
    publisher.publish_all([])
    waiting = threading.Thread(target=reader.drain, args=(10,))
    with alone():
        waiting.start()
        began = time.monotonic()
        publisher.publish_all(events("shop.order"))
        waiting.join()
        assert time.monotonic() - began < 0.5
    assert len(reader.messages) == 1


def test_many_connections_each_get_their_own(connect: Connect, publisher: Publisher) -> None:
    readers = [Reader(connect(), broker.private_queue("gateway", ["shop"])) for _ in range(8)]
    threads = [threading.Thread(target=reader.keys, args=(200,)) for reader in readers]
    for thread in threads:
        thread.start()
    publisher.publish_all(events(*numbered(200)))
    for thread in threads:
        thread.join()
    assert all(reader.keys(200) == numbered(200) for reader in readers)


def test_waiting_ends_after_the_time_given(connect: Connect, name: str) -> None:
    reader = Reader(connect(), broker.consumer_queue(name, ["shop"]))
    began = time.monotonic()
    assert not reader.drain(0.3)
    assert 0.25 < time.monotonic() - began < 2


def test_a_consumer_learns_that_its_queue_was_deleted(connect: Connect, name: str) -> None:
    reader = Reader(connect(), broker.consumer_queue(name, ["shop"]))
    connect().channel().queue_delete(name)
    with pytest.raises(ConsumerCancelled):
        reader.connection.drain_events(timeout=5)


def test_a_queue_may_not_be_declared_with_other_arguments(connect: Connect, name: str) -> None:
    Reader(connect(), broker.consumer_queue(name, ["shop"]))
    with pytest.raises(AMQPError):
        Queue(name, durable=True, queue_arguments={"x-max-length": 1})(connect().channel()).declare()


def test_a_broker_that_is_not_there_is_reported_at_once() -> None:
    nowhere = f"amqp://guest:guest@127.0.0.1:{free_port()}//"
    with alone():
        began = time.monotonic()
        with pytest.raises(BrokerDown):
            broker.connect(nowhere)
        with pytest.raises(BrokerDown):
            Publisher(nowhere).publish_all(events("shop.order"))
        assert time.monotonic() - began < 1
