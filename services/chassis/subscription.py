"""One consumer's queue and, beside it, what the publishers tell of their positions."""

import json
import threading
import time
from collections.abc import Sequence
from typing import Any

from kombu.connection import Connection
from kombu.messaging import Consumer as KombuConsumer

from services.chassis import broker

# The broker hands over so many before the first is acknowledged: two batches, so that one arrives while another is applied.
_PREFETCH = 1_000
# Seconds after which whoever waits looks whether it shall stop.
_LOOK = 0.5


class Subscription:
    """Not opened, it holds nothing. Every method but ``close`` raises one of broker.BROKER_ERRORS when the broker is away."""

    def __init__(self, amqp_url: str, name: str, sources: Sequence[str]) -> None:
        self._url, self._name, self._sources = amqp_url, name, tuple(sources)
        self._connection: Connection | None = None
        self._messages: list[Any] = []
        self._heads: dict[str, int] = {}
        self._last: Any = None

    def open(self) -> None:
        self._connection = broker.connect(self._url)
        self._messages, self._heads = [], {}
        channel = self._connection.channel()
        for exchange in (broker.EVENTS, broker.HEARTBEATS):
            exchange(channel).declare()
        queue = broker.consumer_queue(self._name, self._sources)
        events = KombuConsumer(channel, [queue], on_message=self._messages.append, prefetch_count=_PREFETCH)
        events.consume()
        news = self._connection.channel()
        heads = broker.private_queue(f"{self._name}-heads", self._sources, events=False, heartbeats=True)
        KombuConsumer(news, [heads], on_message=self._heard, no_ack=True).consume()

    def receive(self, most: int, timeout: float, stop: threading.Event) -> tuple[list[dict[str, Any]], dict[str, int]]:
        """The next events, in order, as soon as there is one; and the positions heard of, for when there is none in time.

        Nothing is waited for any longer once ``stop`` is set.
        """
        deadline = time.monotonic() + timeout
        while not self._messages and not stop.is_set() and (remaining := deadline - time.monotonic()) > 0:
            self._drain(min(remaining, _LOOK))
        while len(self._messages) < most and self._drain(0.001):
            pass
        batch, self._messages[:] = self._messages[:most], self._messages[most:]
        self._last = batch[-1] if batch else None
        return [json.loads(message.body) for message in batch], dict(self._heads)

    def acknowledge(self) -> None:
        """All that was received so far."""
        self._last.ack(multiple=True)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        broker.disconnect(connection)

    def _drain(self, timeout: float) -> bool:
        if self._connection is None:
            raise broker.BrokerDown("not opened")
        try:
            self._connection.drain_events(timeout=timeout)
            return True
        except TimeoutError:
            self._connection.heartbeat_check()
            return False

    def _heard(self, message: Any) -> None:
        head = json.loads(message.body)
        self._heads[head["source"]] = max(head["position"], self._heads.get(head["source"], 0))
