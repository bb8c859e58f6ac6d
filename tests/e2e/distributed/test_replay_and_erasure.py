"""The logs are the truth: every view comes out of them again, and a person who was erased comes out of them no more."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from services.chassis.embedded import EmbeddedPostgres
from tests.kit.installations import Installation, embedded
from tests.kit.people import PASSWORD, Person
from tests.servers import eventually
from tests.workers import alone

READ = {"action": "read", "resource": {"type": "project", "id": "segmentation"}}


@contextmanager
def _database(installation: Installation) -> Iterator[psycopg.Connection[Any]]:
    if url := installation.environ.get("DATABASE_URL"):
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection
    else:
        with EmbeddedPostgres(installation.state / "postgres") as server, psycopg.connect(server.url, autocommit=True) as connection:
            yield connection


def _tables(connection: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    ).fetchall()


def _rows_with(connection: psycopg.Connection[Any], *texts: str) -> list[str]:
    """Tables in which a row, any of its bytes read as text, holds one of these."""
    found = []
    for schema, table in _tables(connection):
        for row in connection.execute(f'SELECT * FROM "{schema}"."{table}"'):
            told = " ".join(bytes(v).decode("latin1") if isinstance(v, bytes | memoryview) else str(v) for v in row).lower()
            if any(text.lower() in told for text in texts):
                found.append(f"{schema}.{table}")
    return found


def _logged(installation: Installation, *texts: str) -> list[str]:
    files = [*installation.state.glob("*.log")]
    assert files
    return [file.name for file in files if any(text.lower() in file.read_text().lower() for text in texts)]


def test_after_an_erasure_no_row_and_no_log_holds_name_or_address_and_replay_still_works(either_gatehouse: Installation) -> None:
    olivia, zeb = Person(either_gatehouse, "olivia").arrived(), Person(either_gatehouse, "zebedeequill")
    vision = olivia.workspace("vision")
    olivia.welcome(vision, zeb.arrived())
    other = olivia.workspace("other")
    olivia.post(f"{other}/invitations", {"email": zeb.email})
    with _database(either_gatehouse) as connection:
        assert _rows_with(connection, "zebedeequill"), "the scan finds what is there"
        assert zeb.delete("/v1/account", {"password": PASSWORD, "confirm": zeb.account["username"]}).status_code == 204
        eventually(lambda: not _rows_with(connection, "zebedeequill", zeb.email))
        either_gatehouse.run("projections", "rebuild", "--all")
        assert _rows_with(connection, "zebedeequill", zeb.email) == []
    assert _logged(either_gatehouse, "zebedeequill") == []
    members = olivia.get(f"{vision}/members").json()["items"]
    assert [member["account_id"] for member in members] == [olivia.account["id"]]


def test_answers_are_the_same_before_and_after_every_view_was_rebuilt(either_gatehouse: Installation) -> None:
    olivia, ada, bob = (Person(either_gatehouse, name).arrived() for name in ("olivia", "ada", "bob"))
    vision = olivia.workspace("vision")
    for guest in (ada, bob):
        olivia.welcome(vision, guest)
    olivia.delete(f"{vision}/members/{bob.account['id']}")
    olivia.post(f"{vision}/invitations", {"email": "carol@example.org"})

    def answers() -> list[Any]:
        pages = ("/v1/account", "/v1/account/notices", "/v1/workspaces", f"{vision}/members", f"{vision}/invitations", f"{vision}/audit")
        return [(reader.get(page).status_code, reader.get(page).json()) for reader in (olivia, ada, bob) for page in pages]

    eventually(lambda: len(olivia.get(f"{vision}/audit").json()["items"]) == 8)
    before = [_without_trace(status, body) for status, body in answers()]
    told = either_gatehouse.run("projections", "rebuild", "--all")
    assert told.count("✓") >= 8
    assert [_without_trace(status, body) for status, body in answers()] == before
    assert ada.post(f"{vision}/check", READ).json()["allowed"] is True
    assert bob.post(f"{vision}/check", READ).status_code == 404


def _without_trace(status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return status, {name: value for name, value in body.items() if name != "trace_id"}


@pytest.mark.timeout(120)
def test_a_second_start_is_ready_in_under_five_seconds_with_the_data_still_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    state = tmp_path_factory.mktemp("twice")
    with embedded(state) as first:
        operator = Person(first, "operator")
        assert operator.sign_up(setup_token=first.setup_token).status_code == 201
    with alone():
        began = time.monotonic()
        with embedded(state) as second:
            took = time.monotonic() - began
            again = Person(second, "operator")
            again.email = operator.email
            assert again.sign_in().status_code == 201
    assert took < 5, f"{took:.1f} s"
