"""Holding work where it is: at the table it wants to use."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.chassis.database import Database


@contextmanager
def held(db: Database, table: str, mode: str = "EXCLUSIVE") -> Iterator[None]:
    """Whoever writes the table waits until the block ends; with the mode ACCESS EXCLUSIVE, whoever reads it too."""
    with db.connect() as connection, connection.transaction():
        connection.execute(f"LOCK TABLE {table} IN {mode} MODE".encode())
        yield


def waiting(db: Database, table: str) -> int:
    """How many wait there."""
    return len(db.all("SELECT pid FROM pg_locks WHERE NOT granted AND relation = %s::regclass", table))
