"""kombu's transport over the in-process broker: ``inprocess://`` or ``inprocess://<name>``, one broker a name.

It speaks py-amqp's messages, so that what works on RabbitMQ (nameko's RPC, for one) works here unchanged.
"""

import time
from collections import deque
from collections.abc import Iterator
from itertools import count
from threading import Condition
from typing import Any
from uuid import uuid4

import amqp
from amqp.exceptions import ChannelError, ConsumerCancelled, PreconditionFailed, RecoverableConnectionError, error_for_code
from amqp.protocol import queue_declare_ok_t
from kombu.transport import TRANSPORT_ALIASES, base, pyamqp
from kombu.transport.base import to_rabbitmq_queue_arguments

from services.chassis.memory_broker import Broker, Consumer, Entry, Envelope, MessageQueue

SCHEME = "inprocess"
TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"

_brokers: dict[str, Broker] = {}

# Under eventlet nothing else runs while a consumer finds message after message; so it lets others run now and then.
_PATIENCE = 32


class Connection:
    def __init__(self, client: Any, broker: Broker) -> None:
        self.client, self.broker = client, broker
        self.wake = Condition(broker.lock)
        self.connected = True
        self.channels: list[Channel] = []
        self.consumers: deque[Consumer] = deque()
        self._channel_ids = count(1)
        self._in_a_row = 0

    def channel(self) -> "Channel":
        if not self.connected:
            raise RecoverableConnectionError("connection already closed")
        channel = Channel(self, next(self._channel_ids))
        self.channels.append(channel)
        return channel

    def drain_events(self, timeout: float | None = None) -> None:
        """Hands one message to its consumer; raises socket.timeout when none comes in time."""
        consumer, message = self._await(None if timeout is None else time.monotonic() + timeout)
        self._in_a_row += 1
        if self._in_a_row >= _PATIENCE:
            self._in_a_row = 0
            time.sleep(0)
        consumer.callback(message)

    def close(self) -> None:
        for channel in list(self.channels):
            channel.close()
        with self.wake:
            self.connected = False
            self.broker.forget_owner(self)
            self.wake.notify_all()

    def _await(self, deadline: float | None) -> tuple[Consumer, amqp.Message]:
        with self.wake:
            while (found := self._next()) is None:
                if not self.connected:
                    raise RecoverableConnectionError("connection closed")
                remaining = None if deadline is None else deadline - time.monotonic()
                if remaining is not None and remaining <= 0:
                    raise TimeoutError("no message")
                self._in_a_row = 0
                self.wake.wait(remaining)
            return found

    def _next(self) -> tuple[Consumer, amqp.Message] | None:
        """Asks the consumers in turn, so that none starves the others."""
        for _ in range(len(self.consumers)):
            consumer = self.consumers[0]
            self.consumers.rotate(-1)
            if self.broker.queues.get(consumer.queue.name) is not consumer.queue:
                self.consumers.remove(consumer)
                raise ConsumerCancelled(consumer.tag, amqp.spec.Basic.Cancel)
            if consumer.has_room and consumer in consumer.queue.active() and (entry := consumer.queue.take()):
                return consumer, consumer.channel.deliver(consumer, entry)
        return None


class Channel(base.StdChannel):
    Message: Any = pyamqp.Message

    def __init__(self, connection: Connection, channel_id: int) -> None:
        self.connection: Connection | None = connection
        self.channel_id = channel_id
        self.is_open = True
        self.no_ack_consumers: Any = set()
        self.events: dict[str, set[Any]] = {"basic_return": set(), "basic_ack": set(), "basic_nack": set()}
        self._broker, self._wake = connection.broker, connection.wake
        self._prefetch = 0
        self._consumers: dict[str, Consumer] = {}
        self._tags = count(1)
        self._confirms: Iterator[int] | None = None
        self._unacked: dict[int, tuple[Consumer | None, Any, Entry]] = {}

    # Declaring

    def exchange_declare(self, exchange: str, type: str = "direct", passive: bool = False, **_: Any) -> None:
        with self._wake:
            self._broker.declare_exchange(exchange, type, passive)

    def exchange_delete(self, exchange: str, **_: Any) -> None:
        with self._wake:
            self._broker.exchanges.pop(exchange, None)

    def queue_declare(
        self,
        queue: str = "",
        passive: bool = False,
        exclusive: bool = False,
        auto_delete: bool = False,
        arguments: dict[str, Any] | None = None,
        **_: Any,
    ) -> Any:
        owner = self._connection() if exclusive else None
        with self._wake:
            wanted = MessageQueue(queue or f"gen-{uuid4()}", arguments or {}, owner, auto_delete)
            declared = self._broker.declare_queue(wanted, self._connection(), passive)
            return queue_declare_ok_t(declared.name, len(declared), len(declared.consumers))

    def queue_bind(self, queue: str, exchange: str, routing_key: str = "", **_: Any) -> None:
        with self._wake:
            self._broker.bind(queue, exchange, routing_key)

    def queue_unbind(self, queue: str, exchange: str, routing_key: str = "", **_: Any) -> None:
        with self._wake:
            self._broker.exchange(exchange).unbind(queue, routing_key)

    def queue_purge(self, queue: str, **_: Any) -> int:
        with self._wake:
            ready = self._broker.queue(queue).ready
            purged = len(ready)
            ready.clear()
            return purged

    def queue_delete(self, queue: str, **_: Any) -> int:
        with self._wake:
            return self._broker.delete_queue(queue)

    def prepare_queue_arguments(self, arguments: dict[str, Any], **options: Any) -> Any:
        return to_rabbitmq_queue_arguments(arguments, **options)

    # Publishing

    def prepare_message(
        self,
        body: Any,
        priority: int | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        headers: dict[str, Any] | None = None,
        properties: dict[str, Any] | None = None,
    ) -> amqp.Message:
        known = {"priority": priority, "content_type": content_type, "content_encoding": content_encoding, "application_headers": headers}
        return amqp.Message(body, **known, **(properties or {}))

    def message_to_python(self, raw_message: amqp.Message) -> Any:
        return self.Message(raw_message, channel=self)

    def basic_publish(self, msg: amqp.Message, exchange: str = "", routing_key: str = "", mandatory: bool = False, **_: Any) -> None:
        self._connection()
        properties = {name: value for name, value in msg.properties.items() if value is not None}
        body = msg.body
        if isinstance(body, str):
            body = body.encode(properties.setdefault("content_encoding", "utf-8"))
        with self._wake:
            taken = self._broker.publish(Envelope(body, properties, exchange, routing_key))
        if mandatory and not taken:
            self._return(msg, exchange, routing_key)
        if self._confirms:
            tag = next(self._confirms)
            for callback in list(self.events["basic_ack"]):
                callback(tag, False)

    def confirm_select(self, nowait: bool = False) -> None:
        self._confirms = count(1)

    def _return(self, msg: amqp.Message, exchange: str, routing_key: str) -> None:
        error = error_for_code(312, "NO_ROUTE", amqp.spec.Basic.Return, ChannelError)
        if not self.events["basic_return"]:
            raise error
        for callback in list(self.events["basic_return"]):
            callback(error, exchange, routing_key, msg)

    # Consuming

    def basic_qos(self, prefetch_size: int = 0, prefetch_count: int = 0, a_global: bool = False) -> None:
        """As on RabbitMQ, it holds for each consumer that is added from now on."""
        self._prefetch = prefetch_count

    def basic_consume(self, queue: str, consumer_tag: str = "", no_ack: bool = False, callback: Any = None, **_: Any) -> str:
        connection = self._connection()
        tag = consumer_tag or f"ctag-{uuid4()}"
        with self._wake:
            consumer = Consumer(tag, self._broker.queue(queue), self, callback, no_ack, self._prefetch, self._wake)
            self._broker.add_consumer(consumer, connection)
            self._consumers[tag] = consumer
            connection.consumers.append(consumer)
        return tag

    def basic_cancel(self, consumer_tag: str, **_: Any) -> None:
        with self._wake:
            if (consumer := self._consumers.pop(consumer_tag, None)) and self.connection:
                if consumer in self.connection.consumers:
                    self.connection.consumers.remove(consumer)
                self._broker.remove_consumer(consumer)

    def basic_get(self, queue: str, no_ack: bool = False, **_: Any) -> amqp.Message | None:
        with self._wake:
            source = self._broker.queue(queue)
            entry = source.take()
            return self._delivered(entry, "", None if no_ack else (None, source, entry)) if entry else None

    def deliver(self, consumer: Consumer, entry: Entry) -> amqp.Message:
        """Called with the lock held."""
        if consumer.no_ack:
            return self._delivered(entry, consumer.tag, None)
        consumer.unacked += 1
        return self._delivered(entry, consumer.tag, (consumer, consumer.queue, entry))

    def _delivered(self, entry: Entry, consumer_tag: str, owed: tuple[Consumer | None, Any, Entry] | None) -> amqp.Message:
        tag, envelope = next(self._tags), entry.envelope
        if owed:
            self._unacked[tag] = owed
        # Text arrives as text, as py-amqp has it.
        encoding = envelope.properties.get("content_encoding")
        body = envelope.body.decode(encoding) if encoding == "utf-8" else envelope.body
        message = amqp.Message(body, channel=self, **envelope.properties)
        message.delivery_info = {
            "consumer_tag": consumer_tag,
            "delivery_tag": tag,
            "redelivered": entry.redelivered,
            "exchange": envelope.exchange,
            "routing_key": envelope.routing_key,
        }
        return message

    # Settling

    def basic_ack(self, delivery_tag: int, multiple: bool = False) -> None:
        self._settle(delivery_tag, multiple, requeue=False)

    def basic_reject(self, delivery_tag: int, requeue: bool) -> None:
        self._settle(delivery_tag, multiple=False, requeue=requeue)

    def basic_recover(self, requeue: bool = True) -> None:
        self._settle(0, multiple=True, requeue=True)

    def _settle(self, delivery_tag: int, multiple: bool, requeue: bool) -> None:
        self._connection()
        with self._wake:
            tags = [tag for tag in self._unacked if not delivery_tag or tag <= delivery_tag] if multiple else [delivery_tag]
            for tag in tags:
                if (owed := self._unacked.pop(tag, None)) is None:
                    raise PreconditionFailed(f"unknown delivery tag {tag}")
                consumer, queue, entry = owed
                if consumer:
                    consumer.unacked -= 1
                if requeue:
                    queue.give_back(entry)
            self._wake.notify_all()

    # Ending

    def close(self) -> None:
        """What was not acknowledged goes back to its queue."""
        if (connection := self.connection) is None:
            return
        for tag in list(self._consumers):
            self.basic_cancel(tag)
        self._settle(0, multiple=True, requeue=True)
        connection.channels.remove(self)
        self.connection, self.is_open = None, False

    def _connection(self) -> Connection:
        if self.connection is None or not self.connection.connected:
            raise RecoverableConnectionError("channel already closed")
        return self.connection


class Transport(base.Transport):
    driver_type = driver_name = SCHEME
    connection_errors = pyamqp.Transport.connection_errors
    channel_errors = (ChannelError,)
    recoverable_connection_errors = pyamqp.Transport.recoverable_connection_errors
    recoverable_channel_errors = pyamqp.Transport.recoverable_channel_errors

    def establish_connection(self) -> Connection:
        return Connection(self.client, _brokers.setdefault(getattr(self.client, "hostname", None) or "", Broker()))

    def create_channel(self, connection: Connection) -> Channel:
        return connection.channel()

    def close_connection(self, connection: Connection) -> None:
        connection.close()

    def verify_connection(self, connection: Connection) -> bool:
        return connection.connected

    def drain_events(self, connection: Connection, **kwargs: Any) -> None:
        connection.drain_events(**kwargs)
