"""Keys of persons: every personal value in an event is encrypted with its subject's key, and erasure destroys that key."""

import json
import os
from abc import ABC, abstractmethod
from base64 import b64decode, b64encode
from collections.abc import Collection
from contextvars import ContextVar
from typing import Any, Self
from uuid import UUID

from cachetools import TTLCache
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import Transcoding
from psycopg import Connection
from psycopg.rows import DictRow

from services.chassis.database import Database
from services.chassis.domain import Personal
from services.chassis.secrets import Keys

_NONCE = 12
# No text that anybody may write begins with a control character.
_UNOPENED = "\x01unopened "


class KeyRing(ABC):
    @abstractmethod
    def key(self, subject: UUID) -> bytes | None:
        """None once destroyed."""

    @abstractmethod
    def fetch(self, subjects: Collection[UUID]) -> None:
        """Says that these keys will be asked for soon, one by one."""

    @abstractmethod
    def create(self, subject: UUID) -> bytes | None:
        """The key, made if there never was one; a fresh one counts only once ``store_fresh`` has committed."""

    @abstractmethod
    def introduce(self, subject: UUID) -> None:
        """Says that this subject is new, which spares looking for a key of it; should one be there, the append is refused."""

    @abstractmethod
    def store_fresh(self, connection: Connection[DictRow]) -> None:
        """Stores what this call made, with the event that is encrypted with it."""

    @abstractmethod
    def destroy(self, subject: UUID) -> None: ...

    def encrypt(self, subject: UUID, value: Any) -> str:
        """Empty for an erased person: what comes late is not kept either."""
        if (key := self.create(subject)) is None:
            return ""
        nonce = os.urandom(_NONCE)
        return b64encode(nonce + AESGCM(key).encrypt(nonce, json.dumps(value).encode(), subject.bytes)).decode()

    def decrypt(self, subject: UUID, sealed: str) -> Any:
        """None once the key is destroyed."""
        if not sealed or (key := self.key(subject)) is None:
            return None
        data = b64decode(sealed)
        return json.loads(AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], subject.bytes))


class MemoryKeyRing(KeyRing):
    def __init__(self) -> None:
        self._keys: dict[UUID, bytes | None] = {}

    def fetch(self, subjects: Collection[UUID]) -> None:
        """They are here."""

    def store_fresh(self, connection: Connection[DictRow]) -> None:
        """There is nowhere else to store them."""

    def introduce(self, subject: UUID) -> None:
        self.create(subject)

    def key(self, subject: UUID) -> bytes | None:
        return self._keys.get(subject)

    def create(self, subject: UUID) -> bytes | None:
        return self._keys.setdefault(subject, os.urandom(32))

    def destroy(self, subject: UUID) -> None:
        self._keys[subject] = None


class PostgresKeyRing(KeyRing):
    """Keys lie in the service's database, each sealed with the installation's secret key."""

    def __init__(self, db: Database, keys: Keys) -> None:
        self._db, self._keys = db, keys
        # Short-lived, so that a key destroyed by another process is soon forgotten here too.
        self._known: TTLCache[UUID, bytes] = TTLCache(maxsize=20_000, ttl=10)
        self._fresh: ContextVar[dict[UUID, bytes] | None] = ContextVar("fresh_keys", default=None)

    def key(self, subject: UUID) -> bytes | None:
        if (known := self._known.get(subject)) is None and (
            row := self._db.one("SELECT sealed FROM personal_keys WHERE subject_id = %s", subject)
        ):
            known = self._opened(subject, row["sealed"])
        return known

    def fetch(self, subjects: Collection[UUID]) -> None:
        if subjects:
            for row in self._db.all("SELECT subject_id, sealed FROM personal_keys WHERE subject_id = ANY(%s)", list(subjects)):
                self._opened(row["subject_id"], row["sealed"])

    def create(self, subject: UUID) -> bytes | None:
        if known := self._known.get(subject):
            return known
        if key := (self._fresh.get() or {}).get(subject):
            return key
        if row := self._db.one("SELECT sealed FROM personal_keys WHERE subject_id = %s", subject):
            return self._opened(subject, row["sealed"])
        self.introduce(subject)
        return self.create(subject)

    def introduce(self, subject: UUID) -> None:
        self._fresh.set((self._fresh.get() or {}) | {subject: os.urandom(32)})

    def store_fresh(self, connection: Connection[DictRow]) -> None:
        """A key that somebody else has made meanwhile refuses the append; the next try finds it."""
        for subject, key in (self._fresh.get() or {}).items():
            connection.execute("INSERT INTO personal_keys VALUES (%s, %s)", (subject, self._keys.seal("person", key)), prepare=True)
        self._fresh.set(None)

    def destroy(self, subject: UUID) -> None:
        self._db.run("INSERT INTO personal_keys VALUES (%s, NULL) ON CONFLICT (subject_id) DO UPDATE SET sealed = NULL", subject)
        self._known.pop(subject, None)

    def _opened(self, subject: UUID, sealed: bytes | None) -> bytes | None:
        key = self._keys.open("person", sealed) if sealed else None
        # Inside a transaction the row may yet be rolled back: a key kept then would encrypt what nobody can read again.
        if key and not self._db.in_transaction:
            self._known[subject] = key
        return key


class Sealed(Personal):
    """A personal value as it was stored: decrypted only when somebody looks, so that replay needs no keys."""

    __slots__ = ("ring", "sealed")

    def __init__(self, subject_id: UUID, sealed: str, ring: KeyRing) -> None:
        super().__init__(subject_id, None)
        self.sealed, self.ring = sealed, ring

    @property
    def value(self) -> Any:
        return self.ring.decrypt(self.subject_id, self.sealed)


class Unopened(Sealed):
    """For rows that may be kept longer than the key: its value is itself, until somebody opens it."""

    __slots__ = ()

    @property
    def value(self) -> Any:
        return self

    def opened(self) -> Any:
        return self.ring.decrypt(self.subject_id, self.sealed)

    def to_text(self) -> str:
        return f"{_UNOPENED}{self.subject_id} {self.sealed}"

    @classmethod
    def from_text(cls, value: Any, ring: KeyRing) -> Self | None:
        """None for whatever is not made by ``to_text``."""
        if not isinstance(value, str) or not value.startswith(_UNOPENED):
            return None
        subject, _, sealed = value.removeprefix(_UNOPENED).partition(" ")
        return cls(UUID(subject), sealed, ring)


class PersonalTranscoding(Transcoding):
    type = Personal
    name = "personal"
    made = Sealed

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def encode(self, obj: Personal) -> dict[str, str]:
        # Stored once, stays as it was: a snapshot taken after erasure must not differ from one before.
        sealed = obj.sealed if isinstance(obj, Sealed) else self._ring.encrypt(obj.subject_id, obj.value)
        return {"subject": str(obj.subject_id), "sealed": sealed}

    def decode(self, data: dict[str, str]) -> Personal:
        return self.made(UUID(data["subject"]), data["sealed"], self._ring)


class UnopenedTranscoding(PersonalTranscoding):
    made = Unopened
