"""A connection that lay idle while the server was restarted."""

from services.chassis.database import Database
from tests.servers import Postgres


def test_whoever_comes_first_after_a_restart_is_not_refused(postgres: Postgres, database_url: str, monkeypatch) -> None:
    monkeypatch.setattr("services.chassis.database._IDLE", 0.0)
    db = Database(database_url, "public", pool_size=1)
    db.open()
    assert db.one("SELECT 1 AS answer") == {"answer": 1}
    postgres.kill()
    postgres.start()
    assert db.one("SELECT 1 AS answer") == {"answer": 1}
    db.close()
