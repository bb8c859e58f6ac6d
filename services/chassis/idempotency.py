"""A command sent twice with one key takes effect once; the second answer is the first one's."""

import json
from collections.abc import Callable
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from services.chassis import context
from services.chassis.application import Application
from services.chassis.errors import ServiceError, Unprocessable

Answer = dict[str, Any]

# A key is kept for a day.
_TAKE = b"""INSERT INTO idempotency_keys (scope, fingerprint) VALUES (%s, %s)
    ON CONFLICT (scope) DO UPDATE SET fingerprint = excluded.fingerprint, sealed_answer = NULL, created_at = now()
    WHERE idempotency_keys.created_at < now() - interval '24 hours'"""


def once(app: Application, operation: str, payload: dict[str, Any], function: Callable[[], Answer]) -> Answer:
    """Runs ``function`` in a transaction that also keeps its answer, sealed, under the call's key and caller.

    A refusal keeps nothing, so the key may be used again. Raises Unprocessable if the key came with another payload before.
    """
    call = context.current()
    scope = _digest(app, [app.name, operation, call.actor_id, call.idempotency_key])
    fingerprint = _digest(app, payload)
    refusal: ServiceError | None = None
    with app.database.transaction() as connection:
        if kept := _taken(connection, scope, fingerprint):
            return _replayed(app, kept, fingerprint)
        try:
            answer = function()
        except ServiceError as error:
            # What the refusal put on record must stay, so the transaction commits, without the key.
            connection.execute("DELETE FROM idempotency_keys WHERE scope = %s", (scope,))
            refusal = error
        else:
            sealed = app.keys.seal("idempotency", json.dumps(answer).encode())
            connection.execute("UPDATE idempotency_keys SET sealed_answer = %s WHERE scope = %s", (sealed, scope))
    if refusal is not None:
        raise refusal
    return answer


def _taken(connection: Connection[DictRow], scope: bytes, fingerprint: bytes) -> DictRow | None:
    """Takes the key, or returns the row of whoever had it; waits for one that is still at work."""
    if connection.execute(_TAKE, (scope, fingerprint)).rowcount:
        return None
    return connection.execute("SELECT * FROM idempotency_keys WHERE scope = %s", (scope,)).fetchone()


def _replayed(app: Application, row: DictRow, fingerprint: bytes) -> Answer:
    if bytes(row["fingerprint"]) != fingerprint:
        raise Unprocessable("idempotency_key_reused", "this Idempotency-Key was used for another request: use a fresh one")
    answer: Answer = json.loads(app.keys.open("idempotency", bytes(row["sealed_answer"])))
    return answer


def _digest(app: Application, value: Any) -> bytes:
    # Keyed: a payload may hold a password, and a plain hash of it could be guessed at.
    return bytes.fromhex(app.keys.digest("idempotency", json.dumps(value, sort_keys=True)))
