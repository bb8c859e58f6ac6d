from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from eventsourcing.persistence import IntegrityError

from services.chassis.domain import Personal
from services.chassis.keyring import PostgresKeyRing
from services.chassis.usecase import run
from tests.kit.ledger import Account, Ledger


def _everything_stored(ledger: Ledger) -> str:
    tables = ledger.db.all("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    return "".join(str(ledger.db.all(f"SELECT t::text AS text FROM {row['tablename']} t")) for row in tables) + str(
        ledger.db.all("SELECT convert_from(state, 'UTF8') FROM stored_events")
    )


def test_a_personal_value_lies_encrypted_in_the_log_and_reads_as_erased_once_its_key_is_gone(ledger: Ledger) -> None:
    ada = uuid4()
    account = Account(Personal(ada, "Ada Lovelace"))
    ledger.save(account)
    assert ledger.load(Account, account.id).owner.value == "Ada Lovelace"
    ledger.db.run("UPDATE balances SET owner = NULL")
    assert "Ada Lovelace" not in _everything_stored(ledger)
    ledger.forget(ada)
    assert ledger.load(Account, account.id).owner.value is None


def test_nobody_makes_a_new_key_for_an_erased_person(ledger: Ledger) -> None:
    ada = uuid4()
    ledger.forget(ada)
    account = Account(Personal(ada, "Ada Lovelace"))
    ledger.save(account)
    assert ledger.load(Account, account.id).owner.value is None


def test_a_key_made_in_a_transaction_that_fails_is_not_used_again(ledger: Ledger) -> None:
    ada = uuid4()
    with pytest.raises(RuntimeError), ledger.db.transaction():
        ledger.open(ada, "lost")
        raise RuntimeError
    account_id = ledger.open(ada, "Ada")
    ledger.ring = PostgresKeyRing(ledger.db, ledger.keys)
    sealed = ledger.load(Account, account_id).owner
    assert PostgresKeyRing(ledger.db, ledger.keys).decrypt(ada, sealed.sealed) == "Ada"


def test_two_who_make_the_first_key_of_a_person_at_once_end_up_with_one(ledger: Ledger) -> None:
    ada = uuid4()
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: run("ledger", "open", ledger, {}, lambda _: {"id": ledger.open(ada, "Ada")}), range(16)))
    other = PostgresKeyRing(ledger.db, ledger.keys)
    owners = [ledger.load(Account, answer["data"]["id"]).owner for answer in opened]
    assert {other.decrypt(ada, owner.sealed) for owner in owners} == {"Ada"}


def test_refused_appends_do_not_keep_their_connection_from_storing_keys(ledger: Ledger) -> None:
    nobody = uuid4()
    ledger.forget(nobody)
    account_id = ledger.open(nobody, "")
    for number in range(8):
        stale = ledger.load(Account, account_id)
        ledger.credit(account_id, number)
        stale.credit(number)
        ledger.ring.introduce(uuid4())
        with pytest.raises(IntegrityError):
            ledger.save(stale)
        assert ledger.load(Account, ledger.open(uuid4(), "Ada")).owner.value == "Ada"


def test_a_value_copied_to_another_person_does_not_open(ledger: Ledger) -> None:
    ada, bob = uuid4(), uuid4()
    of_ada = ledger.load(Account, ledger.open(ada, "Ada")).owner
    ledger.open(bob, "Bob")
    with pytest.raises(InvalidTag):
        ledger.ring.decrypt(bob, of_ada.sealed)


def test_snapshots_keep_the_ciphertext_as_it_was(ledger: Ledger) -> None:
    ada = uuid4()
    account_id = ledger.open(ada, "Ada")
    ledger.forget(ada)
    for _ in range(25):
        ledger.credit(account_id, 1)
    assert ledger.load(Account, account_id).owner.value is None
