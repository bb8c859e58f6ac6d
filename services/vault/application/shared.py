import json
import os
from collections.abc import Sequence
from contextlib import suppress
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from eventsourcing.persistence import IntegrityError, Recording
from psycopg import Connection
from psycopg.errors import UndefinedTable
from psycopg.rows import DictRow

from services.chassis.application import Application
from services.chassis.database import OUTAGE
from services.chassis.domain import Aggregate
from services.vault.events import PUBLIC
from services.vault.projections import OWN, REPLAYED
from services.vault.sealing import Envelope, Keychain, MasterKey, MemorySealing, PostgresSealing, Record, Rotation, Sealing


class Shared(Application):
    """What all use cases of this service stand on."""

    projections, replayed = OWN, REPLAYED
    public = PUBLIC
    sealing: Sealing

    def setup(self) -> None:
        """Raises SettingError when the master key is missing."""
        self._beside: ContextVar[tuple[Sequence[Envelope], Sequence[UUID]]] = ContextVar("beside", default=((), ()))
        self.sealing = self._sealing()

    def check_settings(self) -> None:
        """Of the master key: it has to open what is here. A database that is away, or has no tables yet, has nothing against it."""
        with suppress(*OUTAGE, UndefinedTable):
            self.keychain.active()

    @property
    def keychain(self) -> Keychain:
        if not isinstance(self.sealing, PostgresSealing):
            raise RuntimeError("in memory there is no master key")
        return self.sealing.keychain

    def save(self, *objs: Any, sealed: Sequence[Envelope] = (), destroyed: Sequence[UUID] = (), **kwargs: Any) -> list[Recording[UUID]]:
        """Events, the own views' rows and what is sealed with them, all or nothing; ``destroyed`` are records whose every version goes."""
        token = self._beside.set((sealed, destroyed))
        try:
            recordings = super().save(*objs, **kwargs)
        finally:
            self._beside.reset(token)
        if not self.db:
            self.sealing.write(None, sealed, destroyed)
        return recordings

    def after(self, connection: Connection[DictRow]) -> None:
        super().after(connection)
        self.sealing.write(connection, *self._beside.get())

    def opened(self, record: Record) -> dict[str, str]:
        """The fields that were sealed as this record."""
        if (found := self.sealing.open_all([record])[0]) is None:
            # Changed or deleted since it was loaded: the call is run again, on what is there now.
            raise IntegrityError(str(record.record_id))
        fields: dict[str, str] = json.loads(found)
        return fields

    def rotation(self) -> Rotation:
        """From the former master key to the one that is active now."""
        return Rotation(self.database, self.keychain)

    def ended_with_account(self, account_id: UUID) -> list[Aggregate]:
        """For each kind of thing to add its own: what goes when the account is erased, deleted but not saved."""
        return []

    def ended_with_workspace(self, workspace_id: UUID) -> list[Aggregate]:
        return []

    def _sealing(self) -> Sealing:
        if self.db is None:
            # Nothing outlives the process, so any key will do.
            return MemorySealing(MasterKey(os.urandom(32)))
        return PostgresSealing(self.db, Keychain(self.settings, self.db))
