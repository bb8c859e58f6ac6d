"""The indexes of this process: loaded from the views when they are asked for, moved on by the log, dropped when memory is short.

A question is answered by nothing older than the moment it was asked. It therefore begins by reading what the log has beyond what the
indexes know. Appends become visible out of order, so two positions matter: up to ``_position`` nothing can appear any more; what is
visible beyond is applied too, and applied again until it lies below. Changes may be repeated in order, so that does no harm, and nobody
ever waits for the append of somebody else. See docs/decisions/access-index.md.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow

from services.authz.engine.feed import Feed
from services.authz.engine.index import Index
from services.authz.engine.loading import load
from services.chassis import follower
from services.chassis.application import Application
from services.chassis.database import OUTAGE
from services.chassis.errors import Unavailable, Unprocessable

log = logging.getLogger(__name__)

# Whoever names a position waits so long for what may still appear below it; appends take milliseconds.
PATIENCE = 2.0
_PAUSE = 0.003
_PAGE = 1_000
_EVERYTHING = 2**63 - 1
_NET = 0.5


@dataclass(frozen=True, slots=True)
class Reading:
    """``position``: everything up to there was considered."""

    index: Index
    position: int


class Indexes:
    """Safe to share by threads; where threads are green, nothing but the database makes anybody wait."""

    def __init__(self, app: Application, megabytes: int) -> None:
        self._app, self._log, self._feed = app, app.log, Feed()
        self._most = megabytes * 2**20
        self._loaded: OrderedDict[UUID, Index] = OrderedDict()
        self._position = 0
        self._lock, self._loading = threading.Lock(), threading.Lock()
        self._connection: Connection[DictRow] | None = None
        self._ending = threading.Event()
        self._follower: threading.Thread | None = None

    @contextmanager
    def reading(self, workspace_id: UUID, at_least: int = 0, patience: float = PATIENCE) -> Iterator[Reading]:
        """The index of now, or of the past of this call. Nothing moves it before the block ends, so nothing in there may take long."""
        if self._app.history and (past := self._app.history.current):
            yield Reading(past.kept(lambda: load(past.connection, past.scope)), past.position)
            return
        deadline = time.monotonic() + patience
        while True:
            with self._lock:
                if index := self._loaded.get(workspace_id):
                    self._loaded.move_to_end(workspace_id)
                    self._freshen(at_least)
                    if self._position >= at_least:
                        yield Reading(index, self._position)
                        return
            if index is None:
                self._load(workspace_id)
            elif time.monotonic() > deadline:
                raise Unavailable("not_caught_up", "something before that position is still being written: try again", {"retry_after": 1})
            else:
                time.sleep(_PAUSE)

    @property
    def loaded(self) -> list[UUID]:
        """Those used longest ago first."""
        return list(self._loaded)

    def close(self) -> None:
        self._ending.set()
        if self._follower:
            self._follower.join(timeout=2)
        with self._lock:
            self._disconnect()

    def _freshen(self, at_least: int = 0) -> None:
        """Whatever was committed before this is known after it."""
        with self._connected() as connection:
            head = self._log.handed_out(connection)
            if at_least > head:
                raise Unprocessable("position_unknown", "send a position that was answered before", {"at_least": ["Nothing is there yet."]})
            if head > self._position:
                self._position = self._catch_up(connection, self._position, self._loaded)

    def _catch_up(self, connection: Connection[DictRow], position: int, indexes: Mapping[UUID, Index]) -> int:
        """Returns how far nothing can appear any more."""
        # In this order: what was settled before the reading began is in what is read.
        settled = self._log.settled(connection)
        while page := self._log.read_between(connection, position, _EVERYTHING, _PAGE):
            for logged in page:
                event: Any = self._app.mapper.to_domain_event(logged.event)
                if index := indexes.get(getattr(event, "workspace_id", None)):  # type: ignore[arg-type]
                    self._feed.apply(event, index, logged.position)
            position = page[-1].position
        return settled

    def _load(self, workspace_id: UUID) -> None:
        """One after the other; meanwhile the others are asked as ever."""
        with self._loading:
            if workspace_id in self._loaded:
                return
            began = time.monotonic()
            with self._app.database.connect() as connection:
                position = self._log.settled(connection)
                with connection.transaction():
                    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    index = load(connection, workspace_id)
            with self._lock:
                self._add(workspace_id, index, position)
            log.info("index of workspace %s loaded in %.3f s", workspace_id, time.monotonic() - began)

    def _add(self, workspace_id: UUID, index: Index, position: int) -> None:
        """Moved on to where the others are, or further: then they follow, and it hears some events once more."""
        with self._connected() as connection:
            settled = self._catch_up(connection, position, {workspace_id: index})
        if not self._loaded:
            self._position = settled
        self._loaded[workspace_id] = index
        while len(self._loaded) > 1 and sum(map(_size, self._loaded.values())) > self._most:
            dropped, _ = self._loaded.popitem(last=False)
            log.info("index of workspace %s dropped, to stay within the memory set for all", dropped)
        if self._follower is None:
            self._follower = threading.Thread(target=self._follow, name="indexes", daemon=True)
            self._follower.start()

    def _follow(self) -> None:
        """Keeps up while nobody asks, so that whoever asks next has little to read. Nothing depends on it."""
        while not self._ending.is_set():
            try:
                with self._app.database.connect() as connection:
                    follower.listen(connection, self._app.database.schema)
                    while not self._ending.is_set():
                        follower.wait(connection, _NET, self._ending)
                        with self._lock:
                            self._freshen()
            except OUTAGE as error:
                log.warning("indexes are not moved on: %s", type(error).__name__)
                self._ending.wait(_NET)

    @contextmanager
    def _connected(self) -> Iterator[Connection[DictRow]]:
        """One connection of their own, under the lock: a question inside a transaction must not see what that may still take back."""
        try:
            if self._connection is None:
                self._connection = self._app.database.connect()
            yield self._connection
        except OUTAGE:
            self._disconnect()
            raise

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _size(index: Index) -> int:
    """Bytes, as measured where there are many; not exact, and need not be."""
    nodes = sum(len(kind.nodes) for kind in index.kinds.values())
    assignees = sum(len(rule.subjects) for rule in index.rules.values())
    rules = (500 + index.bits // 8) * len(index.rules)
    return 1_000 * len(index.members) + 700 * len(index.groups) + 300 * nodes + rules + 200 * assignees
