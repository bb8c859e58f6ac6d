"""What runs beside a service's RPC: its publisher, and a consumer for each projection and reaction fed by the bus."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from services.chassis import housekeeping
from services.chassis.application import Application
from services.chassis.consumer import Consumer, Sink, Source
from services.chassis.publisher import Publisher
from services.chassis.settings import Settings
from services.chassis.sinks import ProjectionSink, ReactionSink
from services.chassis.spec import ServiceSpec

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loop:
    name: str
    run: Callable[[threading.Event], None]
    error: Callable[[], str]


class Worker:
    """Threads under ``gatehouse work``, green threads in the embedded mode; the code is the same."""

    def __init__(self, spec: ServiceSpec, settings: Settings, source: Source) -> None:
        self.app: Application = spec.application.connect(settings)
        self._stop = threading.Event()
        publisher = Publisher(self.app, settings.amqp_url)
        db = self.app.database
        sinks: list[Sink] = [ProjectionSink(projection(), db) for projection in spec.bus]
        sinks += [ReactionSink(reaction(self.app), db, sleep=self._stop.wait) for reaction in spec.reactions]
        consumers = [Consumer(spec.name, sink, source, settings.amqp_url) for sink in sinks]
        chores = [self.app.tidy, *([self.app.history.keep] if self.app.history else [])]
        cleaner = housekeeping.Cleaner(db, chores, self.app.tidy_every)
        self.loops = [
            Loop(f"{spec.name}.publisher", publisher.run, lambda: publisher.error),
            *(Loop(c.name, c.run, lambda c=c: c.error) for c in consumers),  # type: ignore[misc]
            Loop(f"{spec.name}.housekeeping", cleaner.run, lambda: ""),
            *(Loop(f"{spec.name}.{name}", run, lambda: "") for name, run in self.app.loops().items()),
        ]
        self._threads = [threading.Thread(target=loop.run, args=(self._stop,), name=loop.name, daemon=True) for loop in self.loops]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Asks every loop to end, and waits for none."""
        self._stop.set()

    def stop(self) -> None:
        """Ends after what runs is finished: a batch is applied and acknowledged, or not begun."""
        self.end()
        for thread in self._threads:
            thread.join(timeout=15)
        self.app.close()

    def problems(self) -> dict[str, str]:
        dead = {thread.name: "ended" for thread in self._threads if not thread.is_alive()}
        return dead | {loop.name: error for loop in self.loops if (error := loop.error())}
