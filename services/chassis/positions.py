"""How far each consumer has come in each source's log; stored with the effect, in one transaction."""

from psycopg import Connection, Cursor
from psycopg.rows import DictRow

_SAVE = b"""INSERT INTO positions VALUES (%s, %s, %s) ON CONFLICT (consumer, source) DO UPDATE SET position = excluded.position"""


def read(connection: Connection[DictRow], consumer: str) -> dict[str, int]:
    return _told(_asked(connection, consumer))


def lock(connection: Connection[DictRow], consumer: str, *, durable: bool = True) -> dict[str, int]:
    """Two processes that both believe to be the one consumer take turns here, and the second finds repeats only.

    Without ``durable`` the commit does not wait for the disk: a crash of the server may take back the last moments, effect and position
    together. For what can be made anew from the log only. See docs/decisions/commits-of-views.md.
    """
    with connection.pipeline():
        if not durable:
            connection.execute("SET LOCAL synchronous_commit = off")
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || %s, 0))", (consumer,))
        # A statement of its own, so that it sees what was committed while this one waited.
        asked = _asked(connection, consumer)
    return _told(asked)


def save(connection: Connection[DictRow], consumer: str, source: str, position: int) -> None:
    connection.execute(_SAVE, (consumer, source, position))


def _asked(connection: Connection[DictRow], consumer: str) -> Cursor[DictRow]:
    return connection.execute("SELECT source, position FROM positions WHERE consumer = %s", (consumer,))


def _told(asked: Cursor[DictRow]) -> dict[str, int]:
    return {row["source"]: row["position"] for row in asked}
