"""Consuming: batches from one queue, repeats skipped, gaps fetched from the source, acknowledged after the commit."""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Protocol

from services.chassis import crash, metrics
from services.chassis.broker import BROKER_ERRORS
from services.chassis.database import OUTAGE
from services.chassis.errors import ServiceError
from services.chassis.public import PublicEvent
from services.chassis.subscription import Subscription

log = logging.getLogger(__name__)

BATCH = 500
_PAGE = 1_000
_PAUSE = 0.3
# Seconds until the same heads are compared again.
_AGAIN = 5.0
# For these there is nothing to do but to wait.
_AWAY: tuple[type[Exception], ...] = (*OUTAGE, *BROKER_ERRORS, ServiceError)


class Gap(Exception):
    """Events between what is known and what came are missing."""

    def __init__(self, source: str, known: int) -> None:
        super().__init__(source, known)
        self.source, self.known = source, known


class Sink(Protocol):
    """Where events go: a projection's tables, or a reaction."""

    name: str
    sources: tuple[str, ...]
    # Least seconds from one batch to the next: an event by itself costs several times what it costs among others. The first never waits.
    pace: float

    def apply(self, events: Sequence[PublicEvent]) -> None:
        """Effect and position in one transaction; skips repeats. Raises Gap, having kept what came before it."""

    def positions(self) -> dict[str, int]: ...


class Source(Protocol):
    def events_after(self, source: str, position: int, limit: int) -> list[PublicEvent]: ...


class Consumer:
    def __init__(self, service: str, sink: Sink, source: Source, amqp_url: str) -> None:
        self.name = f"{service}.{sink.name}"
        self._sink, self._source = sink, source
        self._subscription = Subscription(amqp_url, self.name, sink.sources)
        self.error = ""
        self._pause = _PAUSE
        self._compared: dict[str, int] = {}
        self._compared_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Never returns before ``stop``. What it cannot apply it tries again, ever more slowly, and passes nothing over."""
        while not stop.is_set():
            try:
                self._subscription.open()
                self._compared = {}
                self._consume(stop)
            except _AWAY as error:
                self._failed(error, "waits")
            except Exception as error:
                log.exception("%s cannot go on", self.name)
                self._failed(error, "stopped")
                self._pause = min(self._pause * 2, 30)
            else:
                return
            finally:
                self._subscription.close()
            stop.wait(self._pause)

    def _consume(self, stop: threading.Event) -> None:
        while not stop.is_set():
            bodies, heads = self._subscription.receive(BATCH, 1.0, stop)
            began = time.monotonic()
            if bodies:
                events = [PublicEvent.from_wire(body) for body in bodies]
                self._apply(events)
                crash.point("consumer.applied")
                self._subscription.acknowledge()
                crash.point("consumer.acknowledged")
                self._tell_lag(heads, {event.source: event.position for event in events})
            else:
                self._compare(heads)
            self.error, self._pause = "", _PAUSE
            metrics.consumer_stopped.labels(self.name).set(0)
            if 0 < len(bodies) < BATCH:
                stop.wait(max(0.0, began + self._sink.pace - time.monotonic()))

    def _apply(self, events: list[PublicEvent]) -> None:
        while True:
            try:
                return self._sink.apply(events)
            except Gap as gap:
                self._fetch(gap.source, gap.known)

    def _compare(self, heads: dict[str, int]) -> None:
        """Heads are the positions that publishers tell of: what is behind although nothing came was lost on the way.

        The same heads again are looked at now and then only: a database that crashed may have forgotten a moment that it knew.
        """
        now = time.monotonic()
        if heads == self._compared and now - self._compared_at < _AGAIN:
            return
        self._compared, self._compared_at = heads, now
        known = self._sink.positions() if heads else {}
        self._tell_lag(heads, known)
        for source, head in heads.items():
            if head > known.get(source, 0):
                self._fetch(source, known.get(source, 0))

    def _fetch(self, source: str, position: int) -> None:
        while events := self._source.events_after(source, position, _PAGE):
            log.info("%s fetched %d events of %s after %d", self.name, len(events), source, position)
            self._sink.apply(events)
            position = events[-1].position

    def _tell_lag(self, heads: dict[str, int], known: dict[str, int]) -> None:
        for source in heads.keys() & known.keys():
            metrics.lag.labels(self.name, source).set(max(0, heads[source] - known[source]))

    def _failed(self, error: Exception, how: str) -> None:
        self.error = f"{how}: {type(error).__name__}"
        metrics.consumer_stopped.labels(self.name).set(1)
        log.warning("%s %s: %s", self.name, how, type(error).__name__)
