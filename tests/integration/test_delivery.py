"""However events are delivered, every projection equals a rebuild from the logs; both brokers keep the same promises."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest

from services.chassis import broker
from services.chassis.broker import Outgoing
from services.chassis.consumer import Consumer
from services.chassis.projections import Projection, on
from services.chassis.public import PublicEvent
from services.chassis.publisher import Publisher
from services.chassis.rebuild import Rebuild
from services.chassis.sinks import ProjectionSink, ReactionSink
from services.chassis.sources import LocalLogs
from services.chassis.views import Rows
from tests.kit.ledger import Account, Credits, Ledger, Welcome, credits, rows
from tests.servers import RabbitMQ
from tests.servers.waiting import eventually


@pytest.fixture(params=["rabbitmq", "in-process"])
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("rabbitmq_server").create_vhost() if request.param == "rabbitmq" else broker.IN_PROCESS


@pytest.fixture(autouse=True)
def no_leftovers(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    _on(broker.IN_PROCESS, lambda channel: [channel.queue_delete(f"ledger.{name}") for name in ("credits", "reactions")])


@contextmanager
def running(*loops: Callable[[threading.Event], None]) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=loop, args=(stop,), daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=15)
        assert not any(thread.is_alive() for thread in threads), "a loop did not end when asked to"


def _logs(ledger: Ledger) -> LocalLogs:
    return LocalLogs(lambda name: ledger)


def _consumer(ledger: Ledger, url: str, projection: Projection | None = None) -> Consumer:
    return Consumer("ledger", ProjectionSink(projection or Credits(), ledger.db), _logs(ledger), url)


def _on(url: str, act: Callable) -> None:
    connection = broker.connect(url)
    act(connection.channel())
    broker.disconnect(connection)


def _history(ledger: Ledger, accounts: int = 10) -> list[UUID]:
    made = []
    for number in range(accounts):
        account_id = ledger.open(uuid4(), "Ada")
        made.append(account_id)
        for amount in range(5):
            ledger.credit(account_id, amount)
        account = ledger.load(Account, account_id)
        account.note()
        if number % 3 == 0:
            account.close()
        ledger.save(account)
    return made


def _caught_up(ledger: Ledger, name: str = "credits") -> bool:
    head = ledger.db.one("SELECT max(notification_id) AS head FROM stored_events WHERE topic <> 'ledger.account.noted'")
    seen = ledger.db.one("SELECT position FROM positions WHERE consumer = %s", name)
    return bool(seen) and seen["position"] == head["head"]


def _equals_a_rebuild(ledger: Ledger) -> None:
    live = rows(ledger.db, credits)
    assert live
    Rebuild(ledger, Credits, _logs(ledger)).run()
    assert rows(ledger.db, credits) == live


def test_events_published_in_order_reach_the_view(ledger: Ledger, url: str) -> None:
    with running(Publisher(ledger, url).run, _consumer(ledger, url).run):
        _history(ledger)
        eventually(lambda: _caught_up(ledger))
    _equals_a_rebuild(ledger)


@pytest.mark.parametrize("seed", range(4))
def test_events_delivered_twice_late_out_of_order_or_never_leave_the_view_right(ledger: Ledger, url: str, seed: int) -> None:
    chance = random.Random(seed)
    _history(ledger)
    events = [event for event in _logs(ledger).events_after("ledger", 0, 1000) for _ in range(chance.choice([0, 1, 1, 2]))]
    chance.shuffle(events)
    publisher = broker.Publisher(url)
    with running(_consumer(ledger, url).run):
        eventually(lambda: _bound(url, publisher))
        publisher.publish_all([Outgoing(event.type, event.to_json()) for event in events])
        publisher.announce("ledger", ledger.recorder.max_notification_id() - 1)
        head = ledger.db.one("SELECT max(notification_id) AS n FROM stored_events WHERE topic <> 'ledger.account.noted'")["n"]
        eventually(lambda: publisher.announce("ledger", head) or _caught_up(ledger))
    publisher.close()
    _equals_a_rebuild(ledger)


def _bound(url: str, publisher: broker.Publisher, queue: str = "ledger.credits") -> bool:
    """The consumer has made its queue."""
    publisher.announce("ledger", 0)
    try:
        _on(url, lambda channel: channel.queue_declare(queue, passive=True))
        return True
    except Exception:
        return False


@pytest.mark.parametrize("harm", ["queue_purge", "queue_delete"])
def test_a_queue_purged_or_deleted_while_its_consumer_is_down_loses_nothing(ledger: Ledger, url: str, harm: str) -> None:
    with running(Publisher(ledger, url).run):
        with running(_consumer(ledger, url).run):
            _history(ledger, 2)
            eventually(lambda: _caught_up(ledger))
        _history(ledger, 3)
        eventually(lambda: _caught_up(ledger, "publisher"))
        _on(url, lambda channel: getattr(channel, harm)("ledger.credits"))
        # No event follows the lost ones: only the publisher's heartbeat tells of them.
        with running(_consumer(ledger, url).run):
            eventually(lambda: _caught_up(ledger))
    _equals_a_rebuild(ledger)


def test_a_broker_that_comes_back_without_any_of_its_data_loses_nothing(ledger: Ledger, rabbitmq: RabbitMQ) -> None:
    with running(Publisher(ledger, rabbitmq.url).run, _consumer(ledger, rabbitmq.url).run):
        _history(ledger, 2)
        eventually(lambda: _caught_up(ledger))
        rabbitmq.kill()
        _history(ledger, 3)
        rabbitmq.wipe()
        rabbitmq.start()
        _history(ledger, 1)
        eventually(lambda: _caught_up(ledger), within=60)
    _equals_a_rebuild(ledger)


def test_two_publishers_and_two_consumers_do_the_work_of_one(ledger: Ledger, url: str) -> None:
    publishers = [Publisher(ledger, url) for _ in range(2)]
    with running(*(p.run for p in publishers), *(_consumer(ledger, url).run for _ in range(2))):
        eventually(lambda: any(p.leading for p in publishers))
        _history(ledger)
        eventually(lambda: _caught_up(ledger))
        assert [p.leading for p in publishers].count(True) == 1
    _equals_a_rebuild(ledger)


def test_a_projection_that_cannot_apply_an_event_stops_says_so_and_passes_nothing_over(ledger: Ledger, url: str) -> None:
    class Choosy(Credits):
        refusing = True

        @on("ledger.account.credited")
        def credited(self, event: PublicEvent, rows: Rows) -> None:
            if Choosy.refusing and event.data["amount"] == 3:
                raise ValueError("cannot")
            Credits.credited(self, event, rows)

    consumer = _consumer(ledger, url, Choosy())
    with running(Publisher(ledger, url).run, consumer.run):
        _history(ledger, 2)
        eventually(lambda: consumer.error.startswith("stopped"))
        assert not _caught_up(ledger)
        Choosy.refusing = False
        eventually(lambda: _caught_up(ledger) and not consumer.error)
    _equals_a_rebuild(ledger)


def test_a_reaction_takes_effect_once_for_each_event_also_if_it_comes_again(ledger: Ledger, url: str) -> None:
    sink = ReactionSink(Welcome(ledger), ledger.db)
    with running(Publisher(ledger, url).run, Consumer("ledger", sink, _logs(ledger), url).run):
        accounts = [ledger.open(uuid4(), "Ada") for _ in range(5)]
        eventually(lambda: _caught_up(ledger, "reactions"))
    sink.apply(_logs(ledger).events_after("ledger", 0, 100))
    assert [ledger.load(Account, account_id).balance for account_id in accounts] == [1] * 5


@pytest.mark.parametrize("seed", range(4))
def test_a_reaction_hears_every_event_once_however_they_are_delivered(ledger: Ledger, url: str, seed: int) -> None:
    """Among many events that mean nothing to it."""
    chance = random.Random(seed)
    accounts = _history(ledger)
    events = [event for event in _logs(ledger).events_after("ledger", 0, 1000) for _ in range(chance.choice([0, 1, 1, 2]))]
    chance.shuffle(events)
    consumer, publisher = Consumer("ledger", ReactionSink(Welcome(ledger), ledger.db), _logs(ledger), url), broker.Publisher(url)
    with running(consumer.run):
        eventually(lambda: _bound(url, publisher, "ledger.reactions"))
        publisher.publish_all([Outgoing(event.type, event.to_json()) for event in events])
        head = _logs(ledger).events_after("ledger", 0, 1000)[-1].position
        eventually(lambda: publisher.announce("ledger", head) or _welcomed(ledger) == len(accounts))
    publisher.close()
    ReactionSink(Welcome(ledger), ledger.db).apply(_logs(ledger).events_after("ledger", 0, 1000))
    assert _welcomed(ledger) == len(accounts)


def _welcomed(ledger: Ledger) -> int:
    """Credits that the reaction has made: those that an event caused."""
    stored = ledger.db.all("SELECT convert_from(state, 'UTF8') AS state FROM stored_events WHERE topic = 'ledger.account.credited'")
    return sum("causation_id" in row["state"] for row in stored)


def test_what_a_reaction_causes_names_its_cause(ledger: Ledger) -> None:
    account_id = ledger.open(uuid4(), "Ada")
    opened = _logs(ledger).events_after("ledger", 0, 1)[0]
    ReactionSink(Welcome(ledger), ledger.db).apply([opened])
    credited = list(ledger.events.get(account_id))[-1]
    assert credited.metadata["causation_id"] == opened.id
    assert credited.metadata["correlation_id"] == opened.correlation_id
    assert credited.metadata["actor_id"] == "system:ledger"


def test_a_reaction_is_tried_again_and_then_parked_while_later_events_go_on(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = ledger.open(uuid4(), "Ada"), ledger.open(uuid4(), "Bob")
    pauses: list[float] = []
    sink = ReactionSink(Welcome(ledger), ledger.db, sleep=pauses.append)
    events = _logs(ledger).events_after("ledger", 0, 2)
    monkeypatch.setattr(Welcome, "refuses", 2)
    sink.apply(events[:1])
    assert ledger.load(Account, first).balance == 1
    assert len(pauses) == 2
    assert pauses == sorted(pauses)
    monkeypatch.setattr(Welcome, "refuses", 5)
    sink.apply(events[1:])
    assert ledger.load(Account, second).balance == 0
    parked = ledger.db.all("SELECT * FROM parked_events")
    assert [(row["event_id"], row["error"], row["attempts"]) for row in parked] == [(events[1].id, "RuntimeError", 5)]
    assert sink.positions()["ledger"] == events[1].position
