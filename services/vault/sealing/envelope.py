"""One sealed record: encrypted under a data key of its own; whose it is and what it is are authenticated with it."""

import os
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from services.vault.sealing import aead
from services.vault.sealing.masterkey import MasterKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is sealed. ``owner_id`` is the account it belongs to, None if it is the workspace's own."""

    kind: str
    record_id: UUID
    version: int
    owner_id: UUID | None = None
    workspace_id: UUID | None = None

    @property
    def associated(self) -> bytes:
        """A ciphertext that lies under another owner, workspace, kind, id or version does not open."""
        return f"{self.owner_id}|{self.workspace_id}|{self.kind}|{self.record_id}|{self.version}".encode()


@dataclass(frozen=True, slots=True)
class Envelope:
    record: Record
    key_id: str
    wrapped_key: bytes
    ciphertext: bytes

    @classmethod
    def seal(cls, master: MasterKey, record: Record, data: bytes) -> Self:
        key = os.urandom(32)
        return cls(record, master.id, master.wrap(key, record.associated), aead.encrypt(key, data, record.associated))

    def open(self, master: MasterKey) -> bytes:
        """Raises cryptography's InvalidTag for anything that was not sealed as this record."""
        return aead.decrypt(master.unwrap(self.wrapped_key, self.record.associated), self.ciphertext, self.record.associated)
