"""One service's PostgreSQL: a pool, a schema of its own, and transactions that a whole use case may share."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import Connection, InterfaceError, OperationalError
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

# What a database that is away, restarting or overloaded looks like.
OUTAGE: tuple[type[Exception], ...] = (OperationalError, InterfaceError, PoolTimeout, PoolClosed)
# Seconds after which a connection is looked at before it is used again.
_IDLE = 1.0
_LOCK = {
    True: "SELECT pg_advisory_xact_lock_shared(hashtext(%s), hashtext(%s))",
    False: "SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(%s))",
}


class Transaction:
    """An open transaction, and what is to happen once it has committed."""

    def __init__(self, connection: Connection[DictRow]) -> None:
        self.connection = connection
        self.after_commit: list[Callable[[], None]] = []


class Database:
    def __init__(self, url: str, schema: str, *, pool_size: int = 8, wait: float = 3.0) -> None:
        self.schema = schema
        self.conninfo = make_conninfo(url, options=f"-c search_path={schema}", connect_timeout=3, application_name=f"gatehouse-{schema}")
        self._transaction: ContextVar[Transaction | None] = ContextVar(f"transaction-{schema}", default=None)
        self._used: WeakKeyDictionary[Connection[DictRow], float] = WeakKeyDictionary()
        self.pool = ConnectionPool(
            self.conninfo,
            connection_class=Connection[DictRow],
            kwargs={"autocommit": True, "row_factory": dict_row},
            min_size=1,
            max_size=pool_size,
            timeout=wait,
            # The pool tries again ever more slowly. Given up early, an attempt begins anew, at once, with whoever asks next.
            reconnect_timeout=1.0,
            check=self._check,
            open=False,
            name=schema,
        )

    def _check(self, connection: Connection[DictRow]) -> None:
        """One that lay idle may have lost its server meanwhile: then the pool makes another, instead of a caller being refused."""
        if time.monotonic() - self._used.get(connection, 0.0) < _IDLE:
            return
        try:
            ConnectionPool.check_connection(connection)
        except OUTAGE:
            # The others have lost it too. Found dead one after the other, each would be waited for longer than the one before.
            self.pool.check()
            raise

    def open(self) -> None:
        """Returns at once, also while the server is away: the pool goes on trying."""
        self.pool.open(wait=False)

    def close(self) -> None:
        self.pool.close(timeout=5)

    def connect(self) -> Connection[DictRow]:
        """A connection beside the pool, for whoever holds one for long: a listener, a leader, a rebuild."""
        return Connection[DictRow].connect(self.conninfo, autocommit=True, row_factory=dict_row)

    @contextmanager
    def connection(self) -> Iterator[Connection[DictRow]]:
        """The connection of the transaction this call is in, else one from the pool that commits each statement."""
        if (transaction := self._transaction.get()) is not None:
            yield transaction.connection
        else:
            with self.apart() as connection:
                yield connection

    @contextmanager
    def apart(self) -> Iterator[Connection[DictRow]]:
        """A connection whose work stays done even if the transaction around it is rolled back."""
        try:
            with self.pool.connection() as connection:
                self._used[connection] = time.monotonic()
                yield connection
        except OUTAGE:
            # After a restart every pooled connection is dead: drop them all now instead of failing one call for each.
            self.pool.check() if not self.pool.closed else None
            raise

    @contextmanager
    def transaction(self) -> Iterator[Connection[DictRow]]:
        """Everything inside commits together; joins the transaction that is open already.

        BEGIN goes out with the first statement. Whoever is sure to be outermost may commit by itself, in one pipeline with the last one.
        """
        if (outer := self._transaction.get()) is not None:
            yield outer.connection
            return
        with self.apart() as connection:
            transaction = Transaction(connection)
            token = self._transaction.set(transaction)
            try:
                with _all_or_nothing(connection):
                    yield connection
            finally:
                self._transaction.reset(token)
        for callback in transaction.after_commit:
            callback()

    @contextmanager
    def turn(self, key: str) -> Iterator[Connection[DictRow]]:
        """A transaction that begins when all others with this key have ended: many who want to change one thing come one by one."""
        with self.transaction() as connection:
            self.lock(key)
            yield connection

    def lock(self, key: str, *, shared: bool = False) -> None:
        """Until the transaction ends that this is called in; those that share it do not wait for one another."""
        # A lock of two numbers: those of one number announce appends.
        self.one(_LOCK[shared], self.schema, key)

    @contextmanager
    def through(self, connection: Connection[DictRow]) -> Iterator[None]:
        """Everything inside goes through this connection, whose transaction is somebody else's to end."""
        token = self._transaction.set(Transaction(connection))
        try:
            yield
        finally:
            self._transaction.reset(token)

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Everything inside takes connections from the pool, whatever transaction this call is in."""
        token = self._transaction.set(None)
        try:
            yield
        finally:
            self._transaction.reset(token)

    def after_commit(self, callback: Callable[[], None]) -> None:
        if (transaction := self._transaction.get()) is not None:
            transaction.after_commit.append(callback)
        else:
            callback()

    @property
    def in_transaction(self) -> bool:
        return self._transaction.get() is not None

    def all(self, sql: str, *params: Any) -> list[DictRow]:
        with self.connection() as connection:
            return connection.execute(sql.encode(), params).fetchall()

    def one(self, sql: str, *params: Any) -> DictRow | None:
        with self.connection() as connection:
            return connection.execute(sql.encode(), params).fetchone()

    def run(self, sql: str, *params: Any) -> int:
        """Returns the number of rows touched."""
        with self.connection() as connection:
            return connection.execute(sql.encode(), params).rowcount


@contextmanager
def _all_or_nothing(connection: Connection[DictRow]) -> Iterator[None]:
    connection.autocommit = False
    try:
        yield
        connection.commit()
    except BaseException:
        if not connection.closed:
            connection.rollback()
        raise
    finally:
        if not connection.closed:
            connection.autocommit = True
