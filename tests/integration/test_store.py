import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError

from services.chassis import context
from services.chassis.context import CallContext
from services.chassis.domain import Aggregate, Personal
from services.chassis.errors import Conflict, NotFound
from services.chassis.usecase import run
from tests.kit.ledger import Account, Ledger, balances, rows


def test_what_was_saved_is_in_the_log_in_the_view_and_in_the_aggregate_at_once(ledger: Ledger) -> None:
    for amount in range(100):
        account_id = ledger.open(uuid4(), "Ada")
        ledger.credit(account_id, amount)
        row = ledger.db.one("SELECT * FROM balances WHERE id = %s", account_id)
        assert row == {"id": account_id, "owner": "Ada", "last": amount, "open": True}
        assert ledger.load(Account, account_id).balance == amount


def test_events_carry_who_called_from_where_and_why(ledger: Ledger) -> None:
    call = CallContext(actor_id="a", credential_id="k", ip="192.0.2.1", user_agent="curl", correlation_id="c", causation_id="d")
    with context.use(call):
        account = Account(Personal(uuid4(), "Ada"))
        ledger.save(account)
    stored = list(ledger.events.get(account.id))
    assert stored[0].metadata == {
        "actor_id": "a", "credential_id": "k", "ip": "192.0.2.1", "user_agent": "curl", "correlation_id": "c", "causation_id": "d",
    }  # fmt: skip


def test_of_32_writers_on_one_stream_one_wins_each_version(ledger: Ledger) -> None:
    account_id = ledger.open(uuid4(), "Ada")
    won, lost = [], []

    def write(number: int) -> None:
        for _ in range(10):
            try:
                won.append(ledger.credit(account_id, number))
            except IntegrityError:
                lost.append(number)

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(write, range(32)))
    assert len(won) + len(lost) == 320
    assert sorted(won) == list(range(2, len(won) + 2)), "a version was won twice or skipped"
    assert ledger.load(Account, account_id).version == len(won) + 1


def test_a_lost_race_is_run_again_by_the_use_case(ledger: Ledger) -> None:
    account_id = ledger.open(uuid4(), "Ada")

    def credit(_: object) -> object:
        try:
            return run("ledger", "credit", ledger, {}, lambda _: {"version": ledger.credit(account_id, 1)})["data"]["version"]
        except Conflict as error:
            assert error.code == "concurrent_change"
            return None

    with ThreadPoolExecutor(32) as pool:
        versions = [v for v in pool.map(credit, range(64)) if v]
    assert len(set(versions)) == len(versions)
    assert ledger.load(Account, account_id).balance == len(versions)


def test_a_tailing_reader_sees_every_event_of_32_writers_once_and_in_order(ledger: Ledger) -> None:
    done, seen = threading.Event(), []

    def tail() -> None:
        position, last_look = 0, False
        while True:
            page = ledger.recorder.read(position, 500)
            seen.extend((e.position, e.event.originator_id, e.event.originator_version) for e in page)
            if page:
                position = page[-1].position
            elif last_look:
                return
            last_look = done.is_set()

    def write(_: int) -> None:
        for _ in range(25):
            account_id = ledger.open(uuid4(), "Ada")
            ledger.credit(account_id, 1)
            with pytest.raises(IntegrityError):
                # Burns a position: holes in the sequence must not stop the reader.
                ledger.save(*_two_of_one_version(ledger, account_id))

    reader = threading.Thread(target=tail)
    reader.start()
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(write, range(32)))
    done.set()
    reader.join(timeout=60)
    stored = ledger.db.all("SELECT notification_id, originator_id, originator_version FROM stored_events ORDER BY notification_id")
    assert seen == [tuple(row.values()) for row in stored], "an event was skipped, repeated or out of order"
    versions = defaultdict(list)
    for _, originator, version in seen:
        versions[originator].append(version)
    assert all(v == sorted(v) for v in versions.values())


def test_the_reader_stops_before_a_position_that_may_still_commit(ledger: Ledger) -> None:
    with ledger.db.transaction():
        slow = ledger.open(uuid4(), "slow")
        fast = threading.Thread(target=lambda: ledger.open(uuid4(), "fast"))
        fast.start()
        fast.join()
        unseen: list[object] = []
        look = threading.Thread(target=lambda: unseen.append(ledger.recorder.read(0, 10)))
        look.start()
        look.join()
        assert unseen == [[]], "the reader passed an event whose transaction was still open"
    seen = [e.event.originator_id for e in ledger.recorder.read(0, 10)]
    assert (seen[0], len(seen)) == (slow, 2)


def test_a_rolled_back_append_leaves_nothing_and_holds_nobody_up(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError), ledger.db.transaction():
        ledger.open(uuid4(), "gone")
        raise RuntimeError
    kept = ledger.open(uuid4(), "kept")
    assert [e.event.originator_id for e in ledger.recorder.read(0, 10)] == [kept]
    assert [row["id"] for row in rows(ledger.db, balances)] == [kept]


def test_a_view_that_cannot_be_written_refuses_the_append(ledger: Ledger) -> None:
    account_id = ledger.open(uuid4(), "Ada")
    with pytest.raises(Exception, match="integer out of range"):
        ledger.credit(account_id, 2**40)
    assert ledger.load(Account, account_id).version == 1


def test_long_streams_are_loaded_from_a_snapshot(ledger: Ledger) -> None:
    account_id = ledger.open(uuid4(), "Ada")
    for _ in range(45):
        ledger.credit(account_id, 1)
    assert ledger.db.one("SELECT max(originator_version) AS version FROM snapshots")["version"] == 40
    ledger.db.run("DELETE FROM stored_events WHERE originator_version BETWEEN 2 AND 39")
    assert ledger.load(Account, account_id).balance == 45


def test_an_id_of_another_kind_or_of_nothing_is_not_found(ledger: Ledger) -> None:
    class Other(Aggregate):
        pass

    account_id = ledger.open(uuid4(), "Ada")
    for kind, id in ((Other, account_id), (Account, uuid4())):
        with pytest.raises(NotFound):
            ledger.load(kind, id)


def _two_of_one_version(ledger: Ledger, account_id: object) -> tuple[Account, Account]:
    one, two = ledger.load(Account, account_id), ledger.load(Account, account_id)
    one.credit(1)
    two.credit(2)
    return one, two
