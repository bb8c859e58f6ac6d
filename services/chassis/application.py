"""Base of a service's application: the library's, over our log, with views written in the append's own transaction."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import reduce
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from eventsourcing import application as library
from eventsourcing.application import AggregateNotFoundError, ProcessingEvent
from eventsourcing.domain import Snapshot
from eventsourcing.persistence import AggregateRecorder, ApplicationRecorder, JSONTranscoder, Recording, StoredEvent
from eventsourcing.utils import Environment, EnvType
from psycopg import Connection
from psycopg.rows import DictRow

from services.chassis.bulk import BulkRows
from services.chassis.database import Database
from services.chassis.domain import Aggregate
from services.chassis.errors import NotFound
from services.chassis.follower import Doorbell
from services.chassis.history import At, History
from services.chassis.keyring import KeyRing, MemoryKeyRing, PersonalTranscoding, PostgresKeyRing, Sealed
from services.chassis.projections import Projection
from services.chassis.public import PublicEvents
from services.chassis.secrets import Keys
from services.chassis.settings import Settings
from services.chassis.store import Recorder, SnapshotRecorder
from services.chassis.views import DirectRows

A = TypeVar("A", bound=Aggregate)

# Position of the last public event this call has appended; the caller may ask others to have seen it.
written: ContextVar[int] = ContextVar("written", default=0)


class Application(library.Application[UUID]):
    projections: ClassVar[tuple[type[Projection], ...]] = ()
    # Those of them whose rows can be asked for as they were; ``Streams`` among the projections says what they are made of.
    replayed: ClassVar[tuple[type[Projection], ...]] = ()
    public: ClassVar[PublicEvents]
    snapshot_class = Snapshot
    # Seconds from one ``tidy`` to the next.
    tidy_every: ClassVar[float] = 600.0

    def __init__(self, settings: Settings, db: Database | None = None) -> None:
        """Without a database everything lies in memory and there are no views."""
        self.settings, self.db = settings, db
        self.keys = Keys(settings.secret_key)
        self.ring: KeyRing = PostgresKeyRing(db, self.keys) if db else MemoryKeyRing()
        self.doorbell = Doorbell(db) if db else None
        self._inline = [projection() for projection in self.projections]
        super().__init__()
        self.history = History(self, self.replayed) if db and self.replayed else None
        try:
            self.setup()
        except Exception:
            # Now, and not when the object is collected, perhaps while the interpreter is ending.
            self.close()
            raise

    @classmethod
    def connect(cls, settings: Settings) -> Self:
        """Over the service's own database, whose pool is open but may not have reached the server yet."""
        db = Database(settings.database_for(cls.name), cls.name, pool_size=settings.pool_size)
        db.open()
        return cls(settings, db)

    @property
    def database(self) -> Database:
        if self.db is None:
            raise RuntimeError(f"{self.name} lies in memory: it has no database")
        return self.db

    @property
    def log(self) -> Recorder:  # type: ignore[override]
        """The event log itself, for those that follow it."""
        if not isinstance(self.recorder, Recorder):
            raise RuntimeError(f"{self.name} lies in memory: nobody can follow its log")
        return self.recorder

    @classmethod
    def in_memory(cls, settings: Settings) -> Self:
        return cls(settings)

    def setup(self) -> None:
        """For subclasses: what they need beside the store, such as their views."""

    def check_settings(self) -> None:
        """For subclasses: raises SettingError if a setting does not fit what is stored. Asked once by whoever starts a process."""

    def check_access(self) -> None:
        """For subclasses: raises SettingError if somebody else's server does not let this service in; one that is away has nothing against
        it. Asked by the processes of this service alone, lest the others cannot start for it."""

    def loops(self) -> dict[str, Callable[[threading.Event], None]]:
        """For subclasses: what else its worker runs until it is told to stop, by name. Readiness does not depend on it."""
        return {}

    def tidy(self, now: datetime) -> None:
        """For subclasses: called by the worker now and then, for what no request and no event brings about."""

    def moment(self, scope: UUID, at: At, now: datetime) -> datetime:
        """When that was."""
        return self._history.moment(scope, at, now)

    @contextmanager
    def past(self, scope: UUID, at: At | None, now: datetime) -> Iterator[datetime]:
        """Inside, queries are answered and aggregates found as they were then. Yields the moment by which to judge what ends."""
        if at is None:
            yield now
        else:
            with self._history.at(scope, at, now) as moment:
                yield moment

    @property
    def _history(self) -> History:
        if self.history is None:
            raise NotFound("no_history", "this service cannot be asked about the past")
        return self.history

    def load(self, kind: type[A], id: UUID) -> A:
        """Raises NotFound with the code ``<kind>_not_found``."""
        if (found := self.find(kind, id)) is None:
            name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
            raise NotFound(f"{name}_not_found", f"there is no {name.replace('_', ' ')} with this id")
        return found

    def find(self, kind: type[A], id: UUID) -> A | None:
        found: A | None = self.find_all((kind, id))[0]
        return found

    def find_all(self, *wanted: tuple[type[Aggregate], UUID]) -> list[Any]:
        """Each of the kind asked for, or None; in one round trip."""
        found = self._replayed(wanted) if self.db else [self._in_memory(id) for _, id in wanted]
        # Ids come from clients: one that belongs to an aggregate of another kind is no more known than a random one.
        return [each if isinstance(each, kind) else None for each, (kind, _) in zip(found, wanted, strict=True)]

    def _replayed(self, wanted: Sequence[tuple[type[Aggregate], UUID]]) -> list[Any]:
        if self.history and (past := self.history.current):
            histories = self.log.histories_until([id for _, id in wanted], past.position)
        else:
            histories = self.log.histories([(id, kind in self.snapshotting_intervals) for kind, id in wanted])
        return [reduce(self._evolved, history, None) for history in histories]

    def _evolved(self, aggregate: Any, stored: StoredEvent) -> Any:
        return self.mapper.to_domain_event(stored).mutate(aggregate)  # type: ignore[attr-defined]

    def _in_memory(self, id: UUID) -> Any:
        try:
            return self.repository.get(id)
        except AggregateNotFoundError:
            return None

    def save(self, *objs: Any) -> list[Recording[UUID]]:  # type: ignore[override]
        """All or nothing: events of all aggregates, and the rows of the own views."""
        recordings = self._append([aggregate for aggregate in objs if aggregate is not None and aggregate.pending_events])
        if self.db and (last := self.public.last_position([r.domain_event for r in recordings], [r.notification.id for r in recordings])):
            written.set(max(last, written.get()))
        return recordings

    def _append(self, aggregates: list[Any]) -> list[Recording[UUID]]:
        """As the library does it, which would first look at every attribute of each to see whether it is an aggregate or an event."""
        if not aggregates:
            return []
        saved = ProcessingEvent[UUID]()
        saved.aggregates = {aggregate.id: aggregate for aggregate in aggregates}
        saved.events = [event for aggregate in aggregates for event in aggregate.collect_events()]
        recordings = self.events.put(saved.events, projected=saved.events)
        self._take_snapshots(saved)
        return recordings

    def forget(self, *subjects: UUID) -> None:
        """Destroys these persons' keys: their values in every event read as erased from now on."""
        for subject in subjects:
            self.ring.destroy(subject)

    def close(self) -> None:
        if self.closing.is_set():
            # The library closes once more when the object is collected.
            return
        super().close()
        if self.db and self.doorbell:
            self.doorbell.stop()
            self.db.close()

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        # The library would mix in the process's environment; our settings come from one place only.
        enabled = {"IS_SNAPSHOTTING_ENABLED": "y"} if self.snapshotting_intervals else {}
        return Environment(name, {**type(self).env, **enabled, **(env or {})})

    def register_transcodings(self, transcoder: JSONTranscoder) -> None:
        super().register_transcodings(transcoder)
        personal = PersonalTranscoding(self.ring)
        transcoder.register(personal)
        transcoder.types[Sealed] = personal

    def construct_recorder(self) -> ApplicationRecorder:
        return Recorder(self.db, self) if self.db else super().construct_recorder()

    def construct_snapshot_store(self) -> Any:
        recorder: AggregateRecorder = SnapshotRecorder(self.db) if self.db else self.factory.aggregate_recorder(purpose="snapshots")
        return self.factory.event_store(mapper=self.mapper, recorder=recorder)

    def appended(self) -> None:
        if self.doorbell:
            self.doorbell.ring()

    def after(self, connection: Connection[DictRow]) -> None:
        self.ring.store_fresh(connection)

    def before(self, connection: Connection[DictRow], events: Sequence[Any]) -> None:
        for projection in self._inline:
            rows = BulkRows(connection) if projection.bulky else DirectRows(connection)
            for event in events:
                projection.apply(event, rows)
            rows.flush()
