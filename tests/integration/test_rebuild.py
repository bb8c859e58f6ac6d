import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.chassis import schema
from services.chassis.bulk import BulkRows
from services.chassis.memory_rows import MemoryRows
from services.chassis.projections import on
from services.chassis.rebuild import Rebuild, outdated
from services.chassis.sinks import ProjectionSink
from services.chassis.sources import LocalLogs
from services.chassis.views import DirectRows, Rows, Table
from tests.kit.ledger import Account, Balances, Credits, Ledger, balances, credits, rows


def _history(ledger: Ledger, accounts: int = 30) -> None:
    for number in range(accounts):
        account_id = ledger.open(uuid4(), f"person {number}")
        for amount in range(number % 5):
            ledger.credit(account_id, amount)
        if number % 4 == 0:
            account = ledger.load(Account, account_id)
            account.note()
            account.close()
            ledger.save(account)


def _logs(ledger: Ledger) -> LocalLogs:
    return LocalLogs(lambda name: ledger)


def test_an_inline_view_rebuilt_from_the_log_equals_the_live_one_row_for_row(ledger: Ledger) -> None:
    _history(ledger)
    before = rows(ledger.db, balances)
    done = Rebuild(ledger, Balances, None).run()
    assert done.events > 60
    assert rows(ledger.db, balances) == before


def test_a_view_fed_by_the_bus_equals_its_rebuild_and_goes_on_from_there(ledger: Ledger) -> None:
    _history(ledger)
    sink = ProjectionSink(Credits(), ledger.db)
    sink.apply(_logs(ledger).events_after("ledger", 0, 1000))
    before = rows(ledger.db, credits)
    assert before
    Rebuild(ledger, Credits, _logs(ledger)).run()
    assert rows(ledger.db, credits) == before
    assert sink.positions() == {"ledger": ledger.recorder.max_notification_id()}
    account_id = ledger.open(uuid4(), "later")
    ledger.credit(account_id, 7)
    sink.apply(_logs(ledger).events_after("ledger", sink.positions()["ledger"], 10))
    assert len(rows(ledger.db, credits)) == len(before) + 1


def test_a_damaged_view_is_whole_again_after_a_rebuild(ledger: Ledger) -> None:
    _history(ledger)
    before = rows(ledger.db, balances)
    ledger.db.run("DELETE FROM balances WHERE last < 2")
    Rebuild(ledger, Balances, None).run()
    assert rows(ledger.db, balances) == before


@contextmanager
def _writers(ledger: Ledger, count: int) -> Iterator[list[Exception]]:
    stop, failures = threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            try:
                ledger.credit(ledger.open(uuid4(), "Ada"), 1)
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(count)]
    for thread in threads:
        thread.start()
    yield failures
    stop.set()
    for thread in threads:
        thread.join()


def test_writers_go_on_during_a_rebuild_and_none_of_their_events_is_missed_or_doubled(ledger: Ledger) -> None:
    _history(ledger)
    with _writers(ledger, 8) as failures:
        for _ in range(5):
            Rebuild(ledger, Balances, None).run()
    assert not failures
    live = rows(ledger.db, balances)
    opened = ledger.db.one("SELECT count(*) AS n FROM stored_events WHERE topic = 'ledger.account.opened'")["n"]
    closed = ledger.db.one("SELECT count(*) AS n FROM stored_events WHERE topic = 'ledger.account.closed'")["n"]
    assert len(live) == opened - closed
    Rebuild(ledger, Balances, None).run()
    assert rows(ledger.db, balances) == live


def test_a_rebuild_that_fails_leaves_the_live_view_alone(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Balances):
        def apply(self, event: object, rows: Rows) -> None:
            raise RuntimeError("cannot")

    _history(ledger)
    before = rows(ledger.db, balances)
    with pytest.raises(RuntimeError):
        Rebuild(ledger, Broken, None).run()
    assert rows(ledger.db, balances) == before
    Rebuild(ledger, Balances, None).run()
    assert rows(ledger.db, balances) == before


def test_a_raised_version_is_outdated_until_it_is_rebuilt(ledger: Ledger) -> None:
    class Second(Balances):
        version = 2

    Rebuild(ledger, Balances, None).run()
    assert not outdated(ledger.db, Balances)
    assert outdated(ledger.db, Second)
    Rebuild(ledger, Second, None).run()
    assert not outdated(ledger.db, Second)


def test_a_version_with_other_columns_replaces_the_table_of_the_one_before(ledger: Ledger) -> None:
    _history(ledger)
    wider = Table("balances", key=("id",), columns=balances.columns | {"credits": "int"}, indexes=("credits",))

    class Wider(Balances):
        version, tables = 3, (wider,)

        @on(Account.Created)
        def opened(self, event: Account.Created, rows: Rows) -> None:
            rows.put(wider, id=event.originator_id, owner=event.owner.value, last=0, open=True, credits=7)

    schema.create(ledger.db, [wider, credits])
    Rebuild(ledger, Wider, None).run()
    assert {row["credits"] for row in rows(ledger.db, wider)} == {7}


def test_erased_values_stay_erased_in_a_rebuilt_view(ledger: Ledger) -> None:
    ada = uuid4()
    ledger.open(ada, "Ada")
    ledger.forget(ada)
    Rebuild(ledger, Balances, None).run()
    assert rows(ledger.db, balances)[0]["owner"] is None


things = Table("things", key=("a", "b"), columns={"a": "int NOT NULL", "b": "text NOT NULL", "n": "int", "data": "jsonb"}, indexes=("n",))
small, letter = st.integers(0, 2), st.sampled_from("xyz")
writes = st.one_of(
    st.tuples(st.just("put"), small, letter, small, st.dictionaries(letter, small)),
    st.tuples(st.just("change"), small, letter, small),
    st.tuples(st.just("remove"), small, letter),
    st.tuples(st.just("change_where"), small, small),
    st.tuples(st.just("remove_where"), small),
)


def _write(rows: Rows, write: tuple) -> None:
    match write:
        case ("put", a, b, n, data):
            rows.put(things, a=a, b=b, n=n, data=data)
        case ("change", a, b, n):
            rows.change(things, {"a": a, "b": b}, n=n)
        case ("remove", a, b):
            rows.remove(things, a=a, b=b)
        case ("change_where", a, n):
            rows.change_where(things, {"a": a}, n=n)
        case ("remove_where", n):
            rows.remove_where(things, n=n)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(writes, max_size=25), st.integers(1, 10))
@example([("remove_where", 0), ("put", 0, "x", 1, {}), ("change", 0, "x", 2), ("remove_where", 1)], 1)
@example([("change_where", 0, 0), ("put", 0, "x", 1, {}), ("remove", 0, "x"), ("put", 1, "x", 1, {}), ("change_where", 0, 2)], 1)
def test_rows_written_in_bulk_or_in_memory_equal_rows_written_one_by_one(ledger: Ledger, history: list[tuple], size: int) -> None:
    with ledger.db.connection() as connection:
        things.create(connection)
        outcomes = []
        for kind in (DirectRows, BulkRows):
            connection.execute("TRUNCATE things")
            target = kind(connection)
            for number, write in enumerate(history):
                _write(target, write)
                if kind is BulkRows and number % size == 0:
                    target.flush()
            if kind is BulkRows:
                target.flush()
            outcomes.append(connection.execute("SELECT * FROM things ORDER BY a, b").fetchall())
    held = MemoryRows([things])
    for write in history:
        _write(held, write)
    assert outcomes[0] == outcomes[1] == [dict(zip(things.columns, row, strict=True)) for row in sorted(held.rows(things))]
