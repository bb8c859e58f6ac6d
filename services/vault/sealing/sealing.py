"""Sealed records as the service keeps them: written by the save that tells of them, opened only as what they are."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from cryptography.exceptions import InvalidTag
from psycopg import Connection
from psycopg.rows import DictRow

from services.chassis.database import Database
from services.chassis.errors import InternalError, NotFound
from services.vault.sealing.envelope import Envelope, Record
from services.vault.sealing.keychain import Keychain
from services.vault.sealing.masterkey import MasterKey

log = logging.getLogger(__name__)

_PUT = """INSERT INTO sealed (record_id, version, owner_id, workspace_id, kind, key_id, wrapped_key, ciphertext)
    VALUES (%b, %b, %b, %b, %b, %b, %b, %b)"""
_GET = """SELECT record_id, version, key_id, wrapped_key, ciphertext FROM sealed
    JOIN unnest(%b::uuid[], %b::bigint[]) AS wanted (record_id, version) USING (record_id, version)"""


class Sealing(ABC):
    """Sealing writes nothing yet: hand the envelope to ``save(…, sealed=[…])``, which stores it with the event that tells of it."""

    @abstractmethod
    def seal(self, record: Record, data: bytes) -> Envelope: ...

    @abstractmethod
    def open_all(self, records: Sequence[Record]) -> list[bytes | None]:
        """Each as it was sealed, None where it has been destroyed; in one round trip."""

    @abstractmethod
    def write(self, connection: Connection[DictRow] | None, envelopes: Iterable[Envelope], destroyed: Sequence[UUID]) -> None:
        """For ``save``: in the append's own transaction. What is destroyed goes first, so that another version may take its place."""

    @abstractmethod
    def destroy_of(self, *, owner_id: UUID | None = None, workspace_id: UUID | None = None) -> None:
        """All that belongs to this account, or to this workspace: its keys are gone for good."""

    def open(self, record: Record) -> bytes:
        if (found := self.open_all([record])[0]) is None:
            raise NotFound("secret_destroyed", "what was kept here has been destroyed")
        return found


class MemorySealing(Sealing):
    def __init__(self, master: MasterKey) -> None:
        self._master = master
        self._envelopes: dict[tuple[UUID, int], Envelope] = {}

    def seal(self, record: Record, data: bytes) -> Envelope:
        return Envelope.seal(self._master, record, data)

    def open_all(self, records: Sequence[Record]) -> list[bytes | None]:
        found = [self._envelopes.get((record.record_id, record.version)) for record in records]
        return [replace(each, record=record).open(self._master) if each else None for each, record in zip(found, records, strict=True)]

    def write(self, connection: Connection[DictRow] | None, envelopes: Iterable[Envelope], destroyed: Sequence[UUID]) -> None:
        self._keep(lambda record: record.record_id not in destroyed)
        self._envelopes |= {(each.record.record_id, each.record.version): each for each in envelopes}

    def destroy_of(self, *, owner_id: UUID | None = None, workspace_id: UUID | None = None) -> None:
        self._keep(lambda record: record.owner_id != owner_id if owner_id else record.workspace_id != workspace_id)

    def _keep(self, wanted: Callable[[Record], bool]) -> None:
        self._envelopes = {key: each for key, each in self._envelopes.items() if wanted(each.record)}


class PostgresSealing(Sealing):
    def __init__(self, db: Database, keychain: Keychain) -> None:
        self._db, self.keychain = db, keychain

    def seal(self, record: Record, data: bytes) -> Envelope:
        return Envelope.seal(self.keychain.active(), record, data)

    def open_all(self, records: Sequence[Record]) -> list[bytes | None]:
        rows = self._db.all(_GET, [r.record_id for r in records], [r.version for r in records])
        found = {(row["record_id"], row["version"]): row for row in rows}
        return [self._opened(r, found.get((r.record_id, r.version))) for r in records]

    def write(self, connection: Connection[DictRow] | None, envelopes: Iterable[Envelope], destroyed: Sequence[UUID]) -> None:
        if connection is None:
            raise RuntimeError("there is a database, so there is a connection")
        if destroyed:
            connection.execute("DELETE FROM sealed WHERE record_id = ANY(%s)", (list(destroyed),), prepare=False)
        for each in envelopes:
            r = each.record
            values = (r.record_id, r.version, r.owner_id, r.workspace_id, r.kind, each.key_id, each.wrapped_key, each.ciphertext)
            connection.execute(_PUT.encode(), values, prepare=False)

    def destroy_of(self, *, owner_id: UUID | None = None, workspace_id: UUID | None = None) -> None:
        # Neither given matches nothing.
        self._db.run("DELETE FROM sealed WHERE owner_id = %s OR workspace_id = %s", owner_id, workspace_id)

    def _opened(self, record: Record, row: DictRow | None) -> bytes | None:
        if row is None:
            return None
        try:
            envelope = Envelope(record, row["key_id"], bytes(row["wrapped_key"]), bytes(row["ciphertext"]))
            return envelope.open(self.keychain.key(row["key_id"]))
        except InvalidTag:
            log.error("record %s version %s does not open: altered, or moved from elsewhere", record.record_id, record.version)
            raise InternalError() from None
