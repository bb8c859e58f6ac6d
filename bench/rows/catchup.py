"""A consumer that was down finds its queue full: how fast it empties it into its tables."""

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from uuid import UUID

from bench.baselines.journal import Bare
from bench.measure import SEED, Result, compare
from bench.servers import Servers
from services.audit.application import Audit
from services.audit.projections import Journal
from services.audit.service import SPEC
from services.chassis import broker, schema
from services.chassis.broker import Outgoing
from services.chassis.consumer import Consumer
from services.chassis.public import PublicEvent
from services.chassis.settings import Settings
from services.chassis.sinks import ProjectionSink
from services.chassis.subscription import Subscription

EVENTS = 20_000
GOAL = 0.5
SOURCE = "workspaces"


def run(servers: Servers, quick: bool) -> list[Result]:
    url, amqp_url = servers.database(), servers.broker()
    app = Audit.connect(Settings(database_url=url, amqp_url=amqp_url, secret_key="k" * 32))
    try:
        assert app.db is not None
        schema.create(app.db, SPEC.tables)
        return [_compared(CatchUp(app, amqp_url, EVENTS // 10 if quick else EVENTS), 1 if quick else 5)]
    finally:
        app.close()


class Watched(ProjectionSink):
    """Tells when it has come to a position."""

    def __init__(self, app: Audit, last: int) -> None:
        assert app.db is not None
        super().__init__(Journal(), app.db)
        self._last, self.done = last, threading.Event()

    def apply(self, events: Sequence[PublicEvent]) -> None:
        super().apply(events)
        if events[-1].position >= self._last:
            self.done.set()


class CatchUp:
    """Every round publishes once; a queue for each side gets all of it."""

    def __init__(self, app: Audit, amqp_url: str, events: int) -> None:
        self._app, self._url, self._events = app, amqp_url, events
        self._random, self._position = Random(SEED), 0
        self._publisher = broker.Publisher(amqp_url, timeout=120)
        self._bare = Bare(amqp_url, app.settings.database_url, SOURCE)
        subscription = Subscription(amqp_url, "audit.journal", Journal.sources)
        subscription.open()
        subscription.close()

    def ours(self) -> float:
        self._publish()
        sink, stop = Watched(self._app, self._position), threading.Event()
        thread = threading.Thread(target=Consumer("audit", sink, _Nowhere(), self._url).run, args=(stop,))
        began = time.perf_counter()
        thread.start()
        assert sink.done.wait(120)
        taken = time.perf_counter() - began
        stop.set()
        thread.join()
        return self._events / taken

    def baseline(self) -> float:
        return self._events / self._bare.seconds(self._events)

    def _publish(self) -> None:
        events = [self._event() for _ in range(self._events)]
        self._publisher.publish_all([Outgoing(event.type, event.to_json()) for event in events])

    def _event(self) -> PublicEvent:
        self._position += 1
        workspace_id, account_id, correlation_id = (str(UUID(int=self._random.getrandbits(128))) for _ in range(3))
        return PublicEvent(
            id=f"{SOURCE}:{self._position}",
            source=SOURCE,
            type="workspaces.member.joined",
            version=1,
            subject=workspace_id,
            time=datetime.now(UTC),
            position=self._position,
            previous=self._position - 1,
            workspace_id=workspace_id,
            actor_id=account_id,
            ip="192.0.2.7",
            user_agent="bench/1",
            correlation_id=correlation_id,
            data={"account_id": account_id, "role": "viewer", "invitation_id": None},
        )


class _Nowhere:
    def events_after(self, source: str, position: int, limit: int) -> list[PublicEvent]:
        raise AssertionError("nothing is missing, so nobody asks")


def _compared(catch_up: CatchUp, rounds: int) -> Result:
    what = "catch-up of audit's journal from its queue; against a kombu consumer that inserts a row an event"
    return compare("catchup", what, GOAL, catch_up.ours, catch_up.baseline, rounds, "events/s")
