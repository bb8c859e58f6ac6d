"""Another master key: from a setting to a setting, from a setting to AWS KMS, and again, also when it is killed on the way."""

import os
import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import pytest

from services.chassis.errors import InternalError
from services.chassis.settings import SettingError, Settings
from services.vault.application import Vault
from services.vault.sealing import Record
from tests.builders.vault import emptied
from tests.kit import clouds
from tests.servers import free_port

FIRST, SECOND, THIRD = ("a" * 42 + "g", "b" * 42 + "g", "c" * 42 + "g")
MANY = 1_100


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


@pytest.fixture(scope="module")
def aws() -> Iterator[clouds.Aws]:
    with clouds.aws() as running:
        yield running


@pytest.fixture
def kms_key(aws: clouds.Aws, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in _aws_environ(aws).items():
        monkeypatch.setenv(name, value)
    return aws.kms_key()


def _aws_environ(aws: clouds.Aws) -> dict[str, str]:
    keys = {"AWS_ACCESS_KEY_ID": "AKIATHEVAULT00000000", "AWS_SECRET_ACCESS_KEY": "vault"}
    return {"AWS_ENDPOINT_URL_KMS": aws.url, "AWS_DEFAULT_REGION": clouds.REGION, **keys}


def keep(app: Vault, number: int = 1) -> list[Record]:
    records = [Record(kind="cloud", record_id=uuid4(), version=1, owner_id=uuid4()) for _ in range(number)]
    with app.database.transaction() as connection:
        app.sealing.write(connection, [app.sealing.seal(each, str(each.record_id).encode()) for each in records], [])
    return records


def all_open(app: Vault, records: list[Record]) -> bool:
    return app.sealing.open_all(records) == [str(each.record_id).encode() for each in records]


def wrapped_with(app: Vault) -> dict[str, int]:
    rows = app.database.all("SELECT key_id, count(*) AS number FROM sealed GROUP BY key_id")
    return {row["key_id"]: row["number"] for row in rows}


def gatehouse(url: str, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """As an operator runs it."""
    settings = {"DATABASE_URL": url, "AMQP_URL": f"amqp://127.0.0.1:{free_port()}", "GATEHOUSE_SECRET_KEY": "k" * 32}
    command = [sys.executable, "-W", "ignore", "-m", "gatehouse.cli", *words]
    return subprocess.run(command, env=os.environ | settings | environ, capture_output=True, text=True, timeout=60)


def rotate(url: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return gatehouse(url, "vault", "rotate-master-key", **environ)


def test_a_rotation_that_is_killed_goes_on_where_it_was_and_loses_nothing(fresh: str) -> None:
    before = opened(fresh)
    records = keep(before, MANY)
    keys = {"GATEHOUSE_VAULT_MASTER_KEY": SECOND, "GATEHOUSE_VAULT_FORMER_MASTER_KEY": FIRST}
    killed = rotate(fresh, **keys, GATEHOUSE_CRASH_AT="vault.rewrapped")
    assert killed.returncode == -9
    half = opened(fresh, vault_master_key=SECOND, vault_former_master_key=FIRST)
    assert sorted(wrapped_with(half).values()) == [500, MANY - 500]
    assert all_open(half, records)
    done = rotate(fresh, **keys)
    assert done.returncode == 0, done.stderr
    assert f"{MANY - 500} records rewrapped, 0 could not be opened" in done.stdout
    assert len(wrapped_with(half)) == 1
    after = opened(fresh, vault_master_key=SECOND)
    assert all_open(after, records)
    with pytest.raises(SettingError, match="GATEHOUSE_VAULT_MASTER_KEY was rotated away on"):
        opened(fresh)
    for app in (before, half, after):
        app.close()


def test_services_go_on_during_a_rotation(fresh: str) -> None:
    early = opened(fresh, vault_former_master_key=SECOND)
    records = keep(early, 3)
    assert rotate(fresh, GATEHOUSE_VAULT_MASTER_KEY=SECOND, GATEHOUSE_VAULT_FORMER_MASTER_KEY=FIRST).returncode == 0
    late = keep(early)
    assert all_open(early, records + late)
    again = rotate(fresh, GATEHOUSE_VAULT_MASTER_KEY=SECOND, GATEHOUSE_VAULT_FORMER_MASTER_KEY=FIRST)
    assert ": 1 records rewrapped" in again.stdout
    assert all_open(early, records + late)
    early.close()


def test_a_record_that_was_damaged_before_is_told_and_left(fresh: str) -> None:
    app = opened(fresh)
    bad, *good = keep(app, 5)
    app.database.run("UPDATE sealed SET owner_id = %s WHERE record_id = %s", uuid4(), bad.record_id)
    done = rotate(fresh, GATEHOUSE_VAULT_MASTER_KEY=SECOND, GATEHOUSE_VAULT_FORMER_MASTER_KEY=FIRST)
    assert "4 records rewrapped, 1 could not be opened" in done.stdout
    after = opened(fresh, vault_master_key=SECOND, vault_former_master_key=FIRST)
    assert all_open(after, good)
    app.close()
    after.close()


@pytest.mark.parametrize("words", [("vault", "rotate-master-key"), ("serve", "vault"), ("work", "vault"), ("migrate",)], ids=" ".join)
@pytest.mark.parametrize(
    ("key", "line"),
    [
        (SECOND, "GATEHOUSE_VAULT_MASTER_KEY is not the key of this vault"),
        ("", "GATEHOUSE_VAULT_MASTER_KEY is not set"),
        ("too short", "GATEHOUSE_VAULT_MASTER_KEY must be 32 random bytes"),
    ],
)
def test_a_wrong_or_missing_key_stops_the_start_with_one_line(fresh: str, words: tuple[str, ...], key: str, line: str) -> None:
    opened(fresh).close()
    refused = gatehouse(fresh, *words, GATEHOUSE_VAULT_MASTER_KEY=key)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1), refused.stderr
    assert line in refused.stderr


def test_kms_wraps_the_master_key_and_another_process_finds_it(fresh: str, kms_key: str) -> None:
    one = opened(fresh, vault_master_key="", vault_kms_key=kms_key)
    records = keep(one, 3)
    other = opened(fresh, vault_master_key="", vault_kms_key=kms_key)
    assert all_open(other, records)
    assert len(one.database.all("SELECT * FROM master_keys")) == 1
    one.close()
    other.close()


def test_from_a_setting_to_kms_and_on_to_the_next_key_of_kms(fresh: str, kms_key: str, aws: clouds.Aws) -> None:
    before = opened(fresh)
    records = keep(before, 3)
    environ = {"GATEHOUSE_VAULT_KMS_KEY": kms_key, **_aws_environ(aws)}
    first = rotate(fresh, **environ, GATEHOUSE_VAULT_FORMER_MASTER_KEY=FIRST)
    assert ": 3 records rewrapped" in first.stdout, first.stderr
    running = opened(fresh, vault_master_key="", vault_kms_key=kms_key)
    assert all_open(running, records)
    second = rotate(fresh, **environ)
    assert ": 3 records rewrapped" in second.stdout
    assert second.stdout.split()[-9:] != first.stdout.split()[-9:]
    assert all_open(running, records)
    before.close()
    running.close()


def test_kms_that_refuses_or_is_away_stops_the_start_with_one_line(fresh: str, kms_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(fresh, vault_master_key="", vault_kms_key=kms_key).close()
    with pytest.raises(SettingError, match=r"GATEHOUSE_VAULT_KMS_KEY: AWS KMS does not give the master key \(NotFoundException\)"):
        opened(fresh, vault_master_key="", vault_kms_key=str(uuid4()))
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(SettingError, match="EndpointConnectionError"):
        opened(fresh, vault_master_key="", vault_kms_key=kms_key)


def test_kms_in_the_place_of_an_unknown_key_stops_the_start(fresh: str, kms_key: str) -> None:
    opened(fresh).close()
    with pytest.raises(SettingError, match="is not the key of this vault"):
        opened(fresh, vault_master_key="", vault_kms_key=kms_key)


def test_a_key_of_kms_altered_in_the_database_opens_nothing(fresh: str, kms_key: str) -> None:
    one = opened(fresh, vault_master_key="", vault_kms_key=kms_key)
    [record] = keep(one)
    one.database.run("UPDATE sealed SET key_id = 'another'")
    with pytest.raises(InternalError):
        one.sealing.open(record)
    one.close()
