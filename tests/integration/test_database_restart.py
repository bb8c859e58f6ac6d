"""Connections that lay idle while the server was restarted."""

from contextlib import ExitStack

import pytest

from services.chassis.database import Database
from tests.servers import Postgres


@pytest.mark.parametrize("connections", [1, 8])
def test_whoever_comes_first_after_a_restart_is_not_refused(
    postgres: Postgres, database_url: str, monkeypatch: pytest.MonkeyPatch, connections: int
) -> None:
    monkeypatch.setattr("services.chassis.database._IDLE", 0.0)
    db = Database(database_url, "public", pool_size=connections)
    db.open()
    with ExitStack() as held:
        for _ in range(connections):
            held.enter_context(db.apart())
    postgres.kill()
    postgres.start()
    assert db.one("SELECT 1 AS answer") == {"answer": 1}
    db.close()
