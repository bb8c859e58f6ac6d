"""The tables every service has beside its views, and the one step that makes them (``gatehouse migrate``)."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from psycopg import sql

from services.chassis.database import Database
from services.chassis.views import Table

# Any constants would do. The first keeps two processes from making tables at once, which PostgreSQL does not survive on its own.
_MIGRATION_LOCK = 7_310_575_142_901_455
_TURN_LOCK = 7_310_575_142_901_456

CHASSIS_TABLES = (
    """CREATE TABLE IF NOT EXISTS stored_events (
        notification_id bigint GENERATED ALWAYS AS IDENTITY,
        originator_id uuid NOT NULL,
        originator_version bigint NOT NULL,
        topic text NOT NULL,
        state bytea NOT NULL,
        PRIMARY KEY (originator_id, originator_version))""",
    "CREATE UNIQUE INDEX IF NOT EXISTS stored_events_log ON stored_events (notification_id)",
    """CREATE TABLE IF NOT EXISTS snapshots (
        originator_id uuid NOT NULL,
        originator_version bigint NOT NULL,
        topic text NOT NULL,
        state bytea NOT NULL,
        PRIMARY KEY (originator_id, originator_version))""",
    # A destroyed key leaves its row behind, empty: nobody may make a new one for the same person.
    "CREATE TABLE IF NOT EXISTS personal_keys (subject_id uuid PRIMARY KEY, sealed bytea)",
    "CREATE TABLE IF NOT EXISTS positions (consumer text, source text, position bigint NOT NULL, PRIMARY KEY (consumer, source))",
    "CREATE TABLE IF NOT EXISTS projection_versions (name text PRIMARY KEY, version int NOT NULL)",
    """CREATE TABLE IF NOT EXISTS parked_events (
        consumer text, event_id text, event jsonb NOT NULL, error text NOT NULL, attempts int NOT NULL,
        parked_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (consumer, event_id))""",
    """CREATE TABLE IF NOT EXISTS idempotency_keys (
        scope bytea PRIMARY KEY, fingerprint bytea NOT NULL, sealed_answer bytea, created_at timestamptz NOT NULL DEFAULT now())""",
    "CREATE INDEX IF NOT EXISTS idempotency_keys_age ON idempotency_keys (created_at)",
    # What a scope's rows were after so many of its events. Never a truth: whoever deletes one makes the next question slower.
    """CREATE TABLE IF NOT EXISTS checkpoints (
        scope uuid, position bigint, projections text NOT NULL, events bigint NOT NULL, earliest timestamptz NOT NULL,
        latest timestamptz NOT NULL, rows bytea NOT NULL, PRIMARY KEY (scope, position))""",
    "CREATE TABLE IF NOT EXISTS attempts (key text, starts_at timestamptz, hits int NOT NULL, PRIMARY KEY (key, starts_at))",
)


@contextmanager
def turn(db: Database) -> Iterator[None]:
    """Held by one process at a time; the others wait."""
    with db.connect() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_TURN_LOCK,))
        yield


def create(db: Database, tables: Iterable[Table]) -> None:
    """Makes what is missing and changes no row that is there; safe to run beside itself and beside running services."""
    with db.connect() as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(db.schema)))
        for statement in CHASSIS_TABLES:
            connection.execute(statement.encode())
        for table in tables:
            table.create(connection)
