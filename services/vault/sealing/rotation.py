"""Another master key: every data key is unwrapped with the one before and wrapped with the new one. What is sealed stays as it is."""

import logging
from collections.abc import Iterator
from typing import Any

from cryptography.exceptions import InvalidTag
from psycopg import Connection
from psycopg.rows import DictRow

from services.chassis import crash
from services.chassis.database import Database
from services.vault.sealing.envelope import Record
from services.vault.sealing.keychain import Keychain

log = logging.getLogger(__name__)

_BATCH = 500
_FIRST = ("00000000-0000-0000-0000-000000000000", 0)
# In the order of the key, so that each is met once however many fail.
_OTHERS = """SELECT record_id, version, owner_id, workspace_id, kind, key_id, wrapped_key FROM sealed
    WHERE key_id <> %s AND (record_id, version) > (%s, %s) ORDER BY record_id, version LIMIT %s FOR UPDATE"""
_REWRAP = """UPDATE sealed SET key_id = %s, wrapped_key = fresh.wrapped_key
    FROM unnest(%b::uuid[], %b::bigint[], %b::bytea[]) AS fresh (record_id, version, wrapped_key)
    WHERE sealed.record_id = fresh.record_id AND sealed.version = fresh.version"""


class Rotation:
    """Goes on where one before it was ended. ``failed``: records whose key did not open, which were damaged before."""

    def __init__(self, db: Database, keychain: Keychain) -> None:
        self._db, self._keychain = db, keychain
        self.failed = 0
        self.key_id = ""

    def run(self) -> Iterator[int]:
        """Yields how many were rewrapped so far, batch by batch. With KMS a new key is made, unless a rotation was left unfinished."""
        active = self._keychain.active() if self._left() else self._keychain.renew()
        self.key_id, done, last = active.id, 0, _FIRST
        while rows := self._batch(last):
            last = (rows[-1]["record_id"], rows[-1]["version"])
            done += len(rows)
            yield done - self.failed
        if not self._left():
            self._keychain.retire_others()

    def _left(self) -> bool:
        return self._db.one("SELECT 1 FROM sealed WHERE key_id <> %s LIMIT 1", self._keychain.active().id) is not None

    def _batch(self, after: tuple[Any, Any]) -> list[DictRow]:
        with self._db.transaction() as connection:
            rows = connection.execute(_OTHERS.encode(), (self.key_id, *after, _BATCH)).fetchall()
            self._rewrap(connection, rows)
        crash.point("vault.rewrapped")
        return rows

    def _rewrap(self, connection: Connection[DictRow], rows: list[DictRow]) -> None:
        found = [(row["record_id"], row["version"], wrapped) for row in rows if (wrapped := self._rewrapped(row))]
        if found:
            connection.execute(_REWRAP.encode(), (self.key_id, *(list(column) for column in zip(*found, strict=True))))

    def _rewrapped(self, row: DictRow) -> bytes | None:
        parts = {name: row[name] for name in ("kind", "record_id", "version", "owner_id", "workspace_id")}
        associated = Record(**parts).associated
        try:
            data_key = self._keychain.key(row["key_id"]).unwrap(bytes(row["wrapped_key"]), associated)
        except InvalidTag:
            self.failed += 1
            log.error("record %s version %s does not open: left as it is", row["record_id"], row["version"])
            return None
        return self._keychain.active().wrap(data_key, associated)
