"""How far each sink has come and how it does: beside the log, since it is no history but a receipt."""

from collections.abc import Mapping
from datetime import datetime

from psycopg import Connection
from psycopg.rows import DictRow

from services.chassis import positions
from services.chassis.database import Database
from services.chassis.errors import NotFound
from services.chassis.views import Row, Table

# ``failures`` in a row since the last delivery.
sinks = Table(
    "audit_sinks",
    key=("name",),
    columns={
        "name": "text NOT NULL",
        "failures": "int NOT NULL",
        "error": "text NOT NULL",
        "failed_at": "timestamptz",
        "delivered_at": "timestamptz",
        "disabled_at": "timestamptz",
    },
)

_ACKNOWLEDGED = """SELECT name, source, position FROM audit_sinks LEFT JOIN positions ON consumer = 'sink:' || name ORDER BY name, source"""
_DELIVERED = b"UPDATE audit_sinks SET failures = 0, error = '', delivered_at = %s WHERE name = %s"
_FAILED = b"UPDATE audit_sinks SET failures = failures + 1, error = %s, failed_at = %s WHERE name = %s RETURNING failures"


def consumer(name: str) -> str:
    return f"sink:{name}"


class SinkStates:
    def __init__(self, db: Database) -> None:
        self._db = db

    def acknowledged(self) -> dict[str, dict[str, int]]:
        """The position of the last entry of each source that each sink has for sure, also of those that are disabled or no longer
        configured; a source of which it has nothing is missing. What lies beyond must not go yet."""
        found: dict[str, dict[str, int]] = {}
        for row in self._db.all(_ACKNOWLEDGED):
            found.setdefault(row["name"], {}).update({row["source"]: row["position"]} if row["source"] else {})
        return found

    def all(self) -> dict[str, Row]:
        return {row["name"]: row for row in self._db.all("SELECT * FROM audit_sinks ORDER BY name")}

    def add(self, name: str) -> None:
        self._db.run("INSERT INTO audit_sinks VALUES (%s, 0, '') ON CONFLICT DO NOTHING", name)

    def one(self, name: str) -> Row:
        if (row := self._db.one("SELECT * FROM audit_sinks WHERE name = %s", name)) is None:
            raise NotFound("sink_not_found", "there is no sink of this name: `gatehouse audit sinks` shows all")
        return row

    def disable(self, name: str, now: datetime) -> bool:
        """Whether that changes anything."""
        return self._db.run("UPDATE audit_sinks SET disabled_at = %s WHERE name = %s AND disabled_at IS NULL", now, name) > 0

    def enable(self, name: str) -> bool:
        """Whether that changes anything."""
        self.one(name)
        statement = "UPDATE audit_sinks SET disabled_at = NULL, failures = 0 WHERE name = %s AND disabled_at IS NOT NULL"
        return self._db.run(statement, name) > 0

    def forget(self, name: str) -> None:
        self.one(name)
        with self._db.transaction():
            self._db.run("DELETE FROM positions WHERE consumer = %s", consumer(name))
            self._db.run("DELETE FROM audit_sinks WHERE name = %s", name)


def save_delivered(connection: Connection[DictRow], name: str, reached: Mapping[str, int], now: datetime) -> None:
    """Over the connection that holds the sink's lock: whoever lost it cannot."""
    with connection.transaction():
        for source, position in reached.items():
            positions.save(connection, consumer(name), source, position)
        connection.execute(_DELIVERED, (now, name))


def save_failed(connection: Connection[DictRow], name: str, error: str, now: datetime) -> int:
    """How many times in a row by now."""
    row = connection.execute(_FAILED, (error, now, name)).fetchone()
    return int(row["failures"]) if row else 0
