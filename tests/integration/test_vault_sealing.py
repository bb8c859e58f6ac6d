"""Sealed records over a real database: written with the save that tells of them, opened only as what they are."""

from uuid import uuid4

import pytest

from services.chassis.errors import InternalError, NotFound
from services.chassis.settings import SettingError, Settings
from services.vault.application import Vault
from services.vault.sealing import Record
from tests.builders.vault import emptied

FIRST, SECOND, THIRD = ("a" * 42 + "g", "b" * 42 + "g", "c" * 42 + "g")


def opened(url: str, **more: str) -> Vault:
    """As a process starts it."""
    settings = {"database_url": url, "amqp_url": "none", "secret_key": "k" * 32, "vault_master_key": FIRST} | more
    app = Vault.connect(Settings(**settings))
    try:
        app.check_settings()
    except SettingError:
        app.close()
        raise
    return app


@pytest.fixture
def fresh(database_url: str) -> str:
    return emptied(database_url)


@pytest.fixture
def app(fresh: str):
    app = opened(fresh)
    yield app
    app.close()


def record(**parts) -> Record:
    return Record(**{"kind": "cloud", "record_id": uuid4(), "version": 1, "owner_id": uuid4(), "workspace_id": uuid4()} | parts)


def keep(app: Vault, *records: Record) -> None:
    with app.database.transaction() as connection:
        app.sealing.write(connection, [app.sealing.seal(each, str(each.record_id).encode()) for each in records], [])


def test_what_was_written_opens_and_what_never_was_is_none(app):
    one, other = record(), record()
    keep(app, one)
    assert app.sealing.open_all([other, one]) == [None, str(one.record_id).encode()]
    with pytest.raises(NotFound, match="secret_destroyed"):
        app.sealing.open(other)


def test_a_row_copied_under_another_id_does_not_open(app):
    one, other = record(), record()
    keep(app, one)
    app.database.run("UPDATE sealed SET record_id = %s", other.record_id)
    with pytest.raises(InternalError):
        app.sealing.open(other)


def test_destroying_what_belongs_to_an_account_or_a_workspace_leaves_the_rest(app):
    mine, ours, others = record(), record(owner_id=None), record()
    keep(app, mine, ours, others)
    app.sealing.destroy_of(owner_id=mine.owner_id)
    app.sealing.destroy_of(workspace_id=ours.workspace_id)
    app.sealing.destroy_of()
    assert app.sealing.open_all([mine, ours, others]) == [None, None, str(others.record_id).encode()]


def test_a_missing_master_key_stops_the_start(fresh):
    with pytest.raises(SettingError, match="GATEHOUSE_VAULT_MASTER_KEY is not set"):
        opened(fresh, vault_master_key="")


def test_another_master_key_stops_the_start_unless_the_former_one_comes_along(fresh):
    opened(fresh).close()
    with pytest.raises(SettingError, match="GATEHOUSE_VAULT_MASTER_KEY is not the key of this vault"):
        opened(fresh, vault_master_key=SECOND)
    with pytest.raises(SettingError, match="is not the key of this vault"):
        opened(fresh, vault_master_key=SECOND, vault_former_master_key=THIRD)
    opened(fresh, vault_master_key=SECOND, vault_former_master_key=FIRST).close()


def test_a_process_that_knows_the_next_key_opens_what_others_seal_with_it(app, fresh):
    early = opened(fresh, vault_former_master_key=SECOND)
    late = opened(fresh, vault_master_key=SECOND, vault_former_master_key=FIRST)
    one = record()
    keep(late, one)
    assert early.sealing.open(one) == str(one.record_id).encode()
    with pytest.raises(InternalError):
        app.sealing.open(one)
    early.close()
    late.close()
