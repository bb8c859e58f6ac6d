"""What RabbitMQ and the in-process broker share: connecting, the names of exchanges and queues, and publishing events.

Consumers read ``message.body`` and take it for JSON; give kombu's Consumer ``on_message=``, which leaves the body alone.
"""

import json
import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import uuid4

import amqp
from amqp.exceptions import AMQPError
from kombu.connection import Connection
from kombu.entity import Exchange, Queue, binding
from kombu.exceptions import KombuError

from services.chassis import memory_transport

IN_PROCESS = f"{memory_transport.SCHEME}://"
EVENTS = Exchange("gatehouse.events", type="topic", durable=True)
HEARTBEATS = Exchange("gatehouse.heartbeat", type="topic", durable=True)
CONTENT_TYPE = "application/cloudevents+json"

# A queue forgets its oldest messages beyond this; its consumer sees the gap and asks the source for them.
QUEUE_LENGTH = 100_000
PRIVATE_QUEUE_LENGTH = 10_000

# No read or write of a socket may last longer, so that a broker that hangs is noticed.
IO_TIMEOUT = 5.0
_GOODBYE = 1.0
_HEARTBEAT = 10.0
_TRANSIENT, _PERSISTENT = 1, 2
# So many messages may await their confirms: unread confirms must never fill the socket while we still write.
_WINDOW = 1000


class BrokerDown(Exception):
    """The broker cannot be reached, or did not take what was sent."""


# What any use of a broker's connection may raise when the broker is away; a timeout of ``drain_events`` is an OSError as well.
BROKER_ERRORS: tuple[type[Exception], ...] = (BrokerDown, AMQPError, KombuError, OSError)
# To be caught around a single use of a channel: py-amqp trips over its own missing parts when the connection goes meanwhile.
LOST: tuple[type[Exception], ...] = (*BROKER_ERRORS, AttributeError)


class Outgoing(NamedTuple):
    routing_key: str
    body: str | bytes
    headers: Mapping[str, Any] = {}


def connect(url: str, timeout: float = 3.0, *, heartbeat: float = _HEARTBEAT) -> Connection:
    """An open connection; call its ``heartbeat_check`` about once a second. Raises BrokerDown, after ``timeout`` at most."""
    connection = Connection(url, connect_timeout=timeout, heartbeat=heartbeat)
    try:
        connection.ensure_connection(
            max_retries=max(1, len(connection.alt)), interval_start=0, interval_step=0, interval_max=0, timeout=timeout
        )
    except BROKER_ERRORS as error:
        raise BrokerDown(f"{connection.as_uri()}: {error}") from error
    limit_waiting(connection, IO_TIMEOUT)
    return connection


def limit_waiting(connection: Connection, seconds: float) -> None:
    """The longest a single read or write of this connection may take; beyond, it raises socket.timeout."""
    if connection.connected and isinstance(connection.connection, amqp.Connection):
        connection.connection.sock.settimeout(seconds)


def disconnect(connection: Connection | None) -> None:
    """In good order, however broken it may be."""
    with suppress(*LOST):
        if connection and connection.connected:
            limit_waiting(connection, _GOODBYE)
            connection.release()
            return
    abandon(connection)


def abandon(connection: Connection | None) -> None:
    """Without a word to the broker, which may not answer."""
    with suppress(*LOST):
        if connection:
            connection.collect()


def sever(connection: Connection) -> None:
    """Makes whoever reads this connection, in another thread, get an error now."""
    with suppress(*LOST):
        # Asked for the connection of one that is lost, kombu would make a new one.
        if not connection.connected:
            return
        if isinstance(connection.connection, amqp.Connection):
            connection.connection.sock.shutdown(socket.SHUT_RDWR)
        else:
            connection.connection.close()


def send(channel: Any, message: Any, exchange: str, routing_key: str, *, mandatory: bool = False) -> None:
    """Publishes without reading: py-amqp's own way first looks for news on the socket, which another thread may be reading."""
    if isinstance(channel, amqp.Channel):
        channel.send_method(amqp.spec.Basic.Publish, "Bssbb", (0, exchange, routing_key, mandatory, False), message)
    else:
        channel.basic_publish(message, exchange, routing_key, mandatory=mandatory)


def cancel(channel: Any, consumer_tag: str) -> None:
    """Asks for no more deliveries, again without reading. The answer is seen by whoever reads, see ``cancelled``."""
    if isinstance(channel, amqp.Channel):
        channel.send_method(amqp.spec.Basic.Cancel, "sb", (consumer_tag, False))
    else:
        channel.basic_cancel(consumer_tag)


def cancelled(channel: Any, consumer_tag: str) -> bool:
    return not (isinstance(channel, amqp.Channel) and consumer_tag in channel.callbacks)


def consumer_queue(name: str, sources: Iterable[str]) -> Queue:
    """The durable queue of one consumer: all events of the sources, to one process at a time however many replicas there are."""
    arguments = {"x-queue-type": "quorum", "x-single-active-consumer": True, "x-max-length": QUEUE_LENGTH, "x-overflow": "drop-head"}
    return Queue(name, bindings=_bindings(EVENTS, sources), durable=True, queue_arguments=arguments)


def private_queue(name: str, sources: Iterable[str], *, events: bool = True, heartbeats: bool = False) -> Queue:
    """A queue of this connection alone, gone with it. Heartbeats come after the events published before them."""
    keys = tuple(sources)
    bindings = (_bindings(EVENTS, keys) if events else []) + (_bindings(HEARTBEATS, keys) if heartbeats else [])
    arguments = {"x-max-length": PRIVATE_QUEUE_LENGTH, "x-overflow": "drop-head"}
    return Queue(f"{name}-{uuid4()}", bindings=bindings, durable=False, exclusive=True, auto_delete=True, queue_arguments=arguments)


def _bindings(exchange: Exchange, sources: Iterable[str]) -> list[binding]:
    return [binding(exchange, routing_key=f"{source}.#") for source in sources]


class Publisher:
    """Publishes events in order, each confirmed. For one thread; connects when first used, and anew after a failure."""

    def __init__(self, url: str, timeout: float = 10.0) -> None:
        self._url, self._timeout = url, timeout
        self._connection: Connection | None = None
        self._channel: Any = None
        self._sent = 0
        self._unconfirmed: dict[int, None] = {}
        self._refused = False

    def publish_all(self, messages: Sequence[Outgoing]) -> None:
        """Returns once the broker has taken charge of every one; raises BrokerDown otherwise, and then some may have been taken."""
        self._attempt(EVENTS, messages, _PERSISTENT)

    def announce(self, source: str, position: int) -> None:
        """The heartbeat: how far the source's log has been published."""
        self._attempt(HEARTBEATS, [Outgoing(source, json.dumps({"source": source, "position": position}))], _TRANSIENT)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        disconnect(connection)

    def _attempt(self, exchange: Exchange, messages: Sequence[Outgoing], delivery_mode: int) -> None:
        try:
            self._publish(exchange, messages, delivery_mode)
        except LOST as error:
            # What is still to be confirmed on this channel cannot be told any more.
            abandon(self._connection)
            self._connection = None
            raise error if isinstance(error, BrokerDown) else BrokerDown(str(error)) from error
        # In one process nothing above has waited; those who got the messages may run now.
        time.sleep(0)

    def _publish(self, exchange: Exchange, messages: Sequence[Outgoing], delivery_mode: int) -> None:
        connection = self._open()
        deadline = time.monotonic() + self._timeout
        properties = {"content_type": CONTENT_TYPE, "content_encoding": "utf-8", "delivery_mode": delivery_mode}
        for routing_key, body, headers in messages:
            self._sent += 1
            self._unconfirmed[self._sent] = None
            send(self._channel, amqp.Message(body, application_headers=dict(headers), **properties), exchange.name, routing_key)
            self._await_confirms(connection, _WINDOW, deadline)
        self._await_confirms(connection, 0, deadline)

    def _open(self) -> Connection:
        if self._connection is None:
            # Without AMQP heartbeats: nobody would send them while there is nothing to publish.
            self._connection = connect(self._url, heartbeat=0)
            self._channel = self._connection.channel()
            for exchange in (EVENTS, HEARTBEATS):
                exchange(self._channel).declare()
            self._expect_confirms(self._channel)
        return self._connection

    def _expect_confirms(self, channel: Any) -> None:
        channel.confirm_select()
        channel.events["basic_ack"].add(self._confirmed)
        channel.events["basic_nack"].add(self._nacked)
        self._sent, self._refused = 0, False
        self._unconfirmed.clear()

    def _await_confirms(self, connection: Connection, allowed: int, deadline: float) -> None:
        while len(self._unconfirmed) > allowed:
            if (remaining := deadline - time.monotonic()) <= 0:
                raise BrokerDown("the broker did not confirm in time")
            connection.drain_events(timeout=min(remaining, IO_TIMEOUT))
        if self._refused:
            raise BrokerDown("the broker refused a message")

    def _confirmed(self, tag: int, multiple: bool) -> None:
        if not multiple:
            self._unconfirmed.pop(tag, None)
            return
        while self._unconfirmed and (first := next(iter(self._unconfirmed))) <= tag:
            del self._unconfirmed[first]

    def _nacked(self, tag: int, multiple: bool) -> None:
        self._refused = True
        self._confirmed(tag, multiple)
