"""What a message broker does, inside one process: exchanges, queues, deliveries. ``memory_transport`` gives it kombu's face.

Everything is guarded by the broker's one lock, and whoever waits for a message waits on a condition of it: nothing polls.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import count
from threading import Condition, Lock
from typing import Any

from amqp.exceptions import NotFound, PreconditionFailed, ResourceLocked

# Routes of an exchange are remembered by routing key; keys come from messages, so the memory must have an end.
_ROUTES = 4096


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message as it was published."""

    body: bytes
    properties: dict[str, Any]
    exchange: str
    routing_key: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An envelope's place in one queue."""

    number: int
    envelope: Envelope
    expires_at: float
    redelivered: bool = False


@dataclass(eq=False, slots=True)
class Consumer:
    tag: str
    queue: "MessageQueue"
    channel: Any
    callback: Callable[[Any], Any]
    no_ack: bool
    prefetch: int
    wake: Condition
    unacked: int = 0

    @property
    def has_room(self) -> bool:
        return self.no_ack or not self.prefetch or self.unacked < self.prefetch


@dataclass(eq=False, slots=True)
class MessageQueue:
    name: str
    arguments: dict[str, Any]
    owner: object = None
    auto_delete: bool = False
    ready: deque[Entry] = field(default_factory=deque)
    consumers: list[Consumer] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def put(self, envelope: Envelope) -> None:
        ttls = [float(ttl) for ttl in (envelope.properties.get("expiration"), self.arguments.get("x-message-ttl")) if ttl is not None]
        expires_at = time.monotonic() + min(ttls) / 1000 if ttls else float("inf")
        self.ready.append(Entry(next(self.numbers), envelope, expires_at))
        self._bound()
        self.wake()

    def take(self) -> Entry | None:
        self._drop_expired()
        return self.ready.popleft() if self.ready else None

    def give_back(self, entry: Entry) -> None:
        """To its old place: what was published before it stays before it."""
        later = []
        while self.ready and self.ready[0].number < entry.number:
            later.append(self.ready.popleft())
        self.ready.appendleft(replace(entry, redelivered=True))
        self.ready.extendleft(reversed(later))
        self._bound()
        self.wake()

    def __len__(self) -> int:
        self._drop_expired()
        return len(self.ready)

    def __bool__(self) -> bool:
        return True

    def active(self) -> list[Consumer]:
        return self.consumers[:1] if self.arguments.get("x-single-active-consumer") else self.consumers

    def wake(self) -> None:
        for consumer in self.consumers:
            consumer.wake.notify_all()

    def _bound(self) -> None:
        self._drop_expired()
        longest = self.arguments.get("x-max-length")
        while longest is not None and len(self.ready) > longest:
            self.ready.popleft()

    def _drop_expired(self) -> None:
        while self.ready and self.ready[0].expires_at <= time.monotonic():
            self.ready.popleft()


class Exchange:
    def __init__(self, kind: str) -> None:
        if kind not in ("topic", "fanout", "direct"):
            raise PreconditionFailed(f"no exchange type {kind!r} here")
        self.kind = kind
        self.bindings: set[tuple[str, str]] = set()
        self._routes: dict[str, tuple[str, ...]] = {}

    def bind(self, queue: str, key: str) -> None:
        self.bindings.add((queue, key))
        self._routes.clear()

    def unbind(self, queue: str, key: str | None = None) -> None:
        self.bindings = {binding for binding in self.bindings if binding[0] != queue or key not in (None, binding[1])}
        self._routes.clear()

    def route(self, key: str) -> tuple[str, ...]:
        if (known := self._routes.get(key)) is not None:
            return known
        if len(self._routes) >= _ROUTES:
            self._routes.clear()
        routes = self._routes[key] = tuple({queue for queue, pattern in self.bindings if self._matches(pattern, key)})
        return routes

    def _matches(self, pattern: str, key: str) -> bool:
        if self.kind == "topic":
            return _topic_matches(tuple(pattern.split(".")), tuple(key.split(".")))
        return self.kind == "fanout" or pattern == key


@lru_cache(_ROUTES)
def _topic_matches(pattern: tuple[str, ...], words: tuple[str, ...]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(_topic_matches(pattern[1:], words[skipped:]) for skipped in range(len(words) + 1))
    return bool(words) and pattern[0] in ("*", words[0]) and _topic_matches(pattern[1:], words[1:])


class Broker:
    """State shared by every connection to one name."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.exchanges: dict[str, Exchange] = {}
        self.queues: dict[str, MessageQueue] = {}

    def declare_exchange(self, name: str, kind: str, passive: bool) -> None:
        known = self.exchanges.get(name)
        if known is None and passive:
            raise NotFound(f"no exchange {name!r}")
        if known is None:
            self.exchanges[name] = Exchange(kind)
        elif not passive and known.kind != kind:
            raise PreconditionFailed(f"exchange {name!r} is of type {known.kind}")

    def declare_queue(self, wanted: MessageQueue, asker: object, passive: bool) -> MessageQueue:
        known = self.queues.get(wanted.name)
        if known is None:
            if passive:
                raise NotFound(f"no queue {wanted.name!r}")
            known = self.queues[wanted.name] = wanted
        elif not passive and (known.arguments, known.auto_delete) != (wanted.arguments, wanted.auto_delete):
            raise PreconditionFailed(f"queue {wanted.name!r} was declared with other arguments")
        self._check_owner(known, asker)
        return known

    def bind(self, queue: str, exchange: str, key: str) -> None:
        self.queue(queue)
        self.exchange(exchange).bind(queue, key)

    def queue(self, name: str) -> MessageQueue:
        if (queue := self.queues.get(name)) is None:
            raise NotFound(f"no queue {name!r}")
        return queue

    def exchange(self, name: str) -> Exchange:
        if (exchange := self.exchanges.get(name)) is None:
            raise NotFound(f"no exchange {name!r}")
        return exchange

    def publish(self, envelope: Envelope) -> bool:
        """Says whether any queue took it."""
        names = self.exchange(envelope.exchange).route(envelope.routing_key) if envelope.exchange else (envelope.routing_key,)
        queues = [self.queues[name] for name in names if name in self.queues]
        for queue in queues:
            queue.put(envelope)
        return bool(queues)

    def add_consumer(self, consumer: Consumer, asker: object) -> None:
        self._check_owner(consumer.queue, asker)
        consumer.queue.consumers.append(consumer)
        consumer.queue.wake()

    def remove_consumer(self, consumer: Consumer) -> None:
        queue = consumer.queue
        queue.consumers.remove(consumer)
        if queue.auto_delete and not queue.consumers:
            self.delete_queue(queue.name)
        queue.wake()

    def delete_queue(self, name: str) -> int:
        queue = self.queues.pop(name, None)
        for exchange in self.exchanges.values():
            exchange.unbind(name)
        if queue:
            queue.wake()
        return len(queue) if queue else 0

    def forget_owner(self, owner: object) -> None:
        for name in [queue.name for queue in self.queues.values() if queue.owner is owner]:
            self.delete_queue(name)

    @staticmethod
    def _check_owner(queue: MessageQueue, asker: object) -> None:
        if queue.owner is not None and queue.owner is not asker:
            raise ResourceLocked(f"queue {queue.name!r} is another connection's own")
