"""What is to be done now and then: rows removed that are of use for a while only, and what the service itself has to do."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from eventsourcing.persistence import IntegrityError

from services.chassis import context
from services.chassis.context import CallContext
from services.chassis.database import OUTAGE, Database

log = logging.getLogger(__name__)

_OLD = (
    "DELETE FROM idempotency_keys WHERE created_at < now() - interval '24 hours'",
    "DELETE FROM attempts WHERE starts_at < now() - interval '1 day'",
)


class Cleaner:
    def __init__(self, db: Database, chores: Sequence[Callable[[datetime], None]], every: float) -> None:
        self._db, self._chores, self._every = db, chores, every

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                for statement in _OLD:
                    self._db.run(statement)
                with context.use(CallContext(correlation_id=str(uuid4()), actor_id=f"system:{self._db.schema}")):
                    for chore in self._chores:
                        chore(datetime.now(UTC))
            except OUTAGE as error:
                log.warning("housekeeping waits: %s", type(error).__name__)
            except IntegrityError:
                log.info("housekeeping goes on later: somebody else was faster")
            stop.wait(self._every)
