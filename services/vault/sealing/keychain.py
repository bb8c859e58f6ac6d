"""Which master keys this process knows, and the one it seals with."""

import time
from typing import cast

from psycopg import Connection
from psycopg.rows import DictRow

from services.chassis.database import Database
from services.chassis.errors import InternalError
from services.chassis.settings import SettingError, Settings
from services.vault.sealing.kms import Kms
from services.vault.sealing.masterkey import MasterKey, configured

# How long after a rotation a running process may go on sealing with the key before.
_FRESH = 60.0
_LATEST = "SELECT * FROM master_keys WHERE wrapped IS NOT NULL AND retired_at IS NULL ORDER BY made_at DESC LIMIT 1"


class Keychain:
    """Raises SettingError, with the one line an operator needs, when it is made or asked and the keys are not as they should be."""

    def __init__(self, settings: Settings, db: Database) -> None:
        self._db = db
        self._kms = Kms(settings.vault_kms_key) if settings.vault_kms_key else None
        self._given = configured(settings, "vault_master_key")
        if self._kms is None and self._given is None:
            raise SettingError("GATEHOUSE_VAULT_MASTER_KEY is not set: give it, or a …_FILE, or GATEHOUSE_VAULT_KMS_KEY")
        former = configured(settings, "vault_former_master_key")
        self._known = {key.id: key for key in (self._given, former) if key}
        self._active: MasterKey | None = None
        self._asked = 0.0

    def active(self) -> MasterKey:
        """The key to seal with."""
        if self._active is None:
            self._use(self._settled())
        elif self._kms and time.monotonic() > self._asked + _FRESH and (row := self._db.one(_LATEST)):
            self._use(self._unwrapped(row))
        return cast(MasterKey, self._active)

    def key(self, id: str) -> MasterKey:
        if id not in self._known and self._kms:
            self._fetch(id)
        if id not in self._known:
            raise InternalError(detail=f"a record is sealed with master key {id}, which is not configured")
        return self._known[id]

    def renew(self) -> MasterKey:
        """A new one from KMS; without KMS the one that was configured."""
        if self._kms is None:
            return self.active()
        with self._db.apart() as connection:
            self._use(self._made(connection))
        return self.active()

    def retire_others(self) -> None:
        """Nothing is sealed with them any more."""
        self._db.run("UPDATE master_keys SET retired_at = now() WHERE key_id <> %s AND retired_at IS NULL", self.active().id)

    def _settled(self) -> MasterKey:
        """Compared with what the database says, under a lock: two processes that start with different keys must not both go on."""
        # Apart from whatever this call may roll back: a key that others seal with must not go with it.
        with self._db.apart() as connection, connection.transaction():
            connection.execute("LOCK TABLE master_keys IN EXCLUSIVE MODE")
            rows = connection.execute("SELECT * FROM master_keys ORDER BY made_at DESC").fetchall()
            return self._from_kms(connection, rows) if self._kms else self._configured(connection, rows)

    def _use(self, key: MasterKey) -> None:
        self._active, self._asked = key, time.monotonic()

    def _from_kms(self, connection: Connection[DictRow], rows: list[DictRow]) -> MasterKey:
        if latest := next((row for row in rows if row["wrapped"] and not row["retired_at"]), None):
            return self._unwrapped(latest)
        self._check_continuity(rows)
        return self._made(connection)

    def _configured(self, connection: Connection[DictRow], rows: list[DictRow]) -> MasterKey:
        if self._given is None:
            raise RuntimeError("checked when the keychain was made")
        own = next((row for row in rows if row["key_id"] == self._given.id), None)
        if own is None:
            self._check_continuity(rows)
            connection.execute("INSERT INTO master_keys (key_id) VALUES (%s)", (self._given.id,))
        elif own["retired_at"]:
            raise SettingError(f"GATEHOUSE_VAULT_MASTER_KEY was rotated away on {own['retired_at']:%Y-%m-%d}: set the key that replaced it")
        return self._given

    def _check_continuity(self, rows: list[DictRow]) -> None:
        """A key nobody has seen is welcome in an empty vault, or beside the one that opens what is there."""
        if rows and not any(row["key_id"] in self._known for row in rows):
            raise SettingError(
                f"GATEHOUSE_VAULT_MASTER_KEY is not the key of this vault ({rows[0]['key_id']}): set that one, "
                "or give it as GATEHOUSE_VAULT_FORMER_MASTER_KEY to rotate it"
            )

    def _made(self, connection: Connection[DictRow]) -> MasterKey:
        if self._kms is None:
            raise RuntimeError("only KMS makes keys")
        plain, wrapped = self._kms.generate()
        key = MasterKey(plain)
        connection.execute("INSERT INTO master_keys (key_id, wrapped) VALUES (%s, %s)", (key.id, wrapped))
        self._known[key.id] = key
        return key

    def _fetch(self, id: str) -> None:
        if row := self._db.one("SELECT * FROM master_keys WHERE key_id = %s AND wrapped IS NOT NULL", id):
            self._unwrapped(row)

    def _unwrapped(self, row: DictRow) -> MasterKey:
        if self._kms is None:
            raise RuntimeError("only KMS unwraps keys")
        if row["key_id"] not in self._known:
            self._known[row["key_id"]] = MasterKey(self._kms.unwrap(bytes(row["wrapped"])))
        return self._known[row["key_id"]]
