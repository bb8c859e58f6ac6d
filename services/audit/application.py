"""Search in the journal, its signed heads, its archives, and what gateways refused."""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from services.audit.bucket import Bucket
from services.audit.domain import Attempt, Export, Reading, SinkSwitch, WorkspaceExport
from services.audit.events import PUBLIC
from services.audit.formats import FORMATS
from services.audit.gathered import READING, Gathered
from services.audit.proof.entries import export_line
from services.audit.proofs import Prover
from services.audit.retention import Retention, Sealed
from services.audit.signing import Signer
from services.audit.sinks import config, report
from services.audit.sinks.sender import Sender
from services.audit.sinks.states import SinkStates
from services.audit.views import AuditViews
from services.chassis import context
from services.chassis.application import Application
from services.chassis.context import CallContext
from services.chassis.errors import Conflict
from services.chassis.views import Row

log = logging.getLogger(__name__)

_BATCH = 200
# Seconds that a report may take to be written down after it came.
_LATE = 5


class Audit(Application):
    name = "audit"
    public = PUBLIC
    tidy_every = 5.0
    views: AuditViews
    gathered: Gathered
    signer: Signer
    sinks: SinkStates
    prover: Prover
    bucket: Bucket | None = None

    def setup(self) -> None:
        if self.db:
            self.sinks = SinkStates(self.db)
            self.views, self.gathered = AuditViews(self.db), Gathered(self.db)
            self.signer = Signer(self.db, self.keys)
            self.prover = Prover(self.views)
            if url := self.settings.audit_heads_bucket:
                self.bucket = Bucket(self.db, url)

    def list_entries(
        self, limit: int, cursor: str | None, now: datetime, everything: bool = False, order: str = "oldest", **filters: Any
    ) -> Row:
        """That somebody reads is on record as refused attempts are: once for all that is alike in a while."""
        workspace_id, own = filters["workspace_id"], filters["account_id"]
        self._gather(now, _reading("installation" if everything else "account" if own else "workspace", workspace_id))
        return self.views.entries(filters, limit, cursor, newest_first=order == "newest")

    def export(self, after: str | None, limit: int) -> Row:
        """Lines as they are verified, beyond the entry with this id."""
        source, _, position = (after or ":0").partition(":")
        rows = self.views.after(source, int(position), limit)
        return {"lines": [export_line(row).decode() for row in rows], "last": rows[-1]["id"] if len(rows) == limit else None}

    def note_export(self, after: str | None) -> None:
        self.save(Export(after=after or ""))

    def export_entries(self, format: str, after: str | None, limit: int, cursor: str | None, **filters: Any) -> Row:
        """In the order in which things happened: from the cursor on, or beyond the entry with this id."""
        if after is not None and cursor is None:
            cursor = self.views.cursor_after(self.views.entry(after, filters["workspace_id"]))
        page = self.views.plain(filters, limit, cursor)
        return {"lines": [FORMATS[format].line(row) for row in page["items"]], "next_cursor": page["next_cursor"]}

    def begin_entries_export(self, workspace_id: UUID, format: str, after: str | None, **filters: Any) -> Row:
        """What stands before the first line, and what kind of text it is."""
        if after is not None:
            self.views.entry(after, workspace_id)
        self.note_entries_export(workspace_id, format, after, **filters)
        return {"media": FORMATS[format].media, "head": FORMATS[format].head if after is None else ""}

    def note_entries_export(self, workspace_id: UUID, format: str, after: str | None, **filters: Any) -> None:
        used = sorted(name for name, value in filters.items() if value is not None)
        self.save(WorkspaceExport(workspace_id=workspace_id, format=format, after=after or "", filters=used))

    def inclusion_proof(self, id: str, tree_size: int | None, workspace_id: UUID | None) -> Row:
        return self.prover.inclusion(self.views.entry(id, workspace_id), tree_size)

    def consistency_proof(self, source: str, first: int, second: int) -> Row:
        return self.prover.consistency(source, first, second)

    def heads_after(self, number: int, limit: int) -> list[Row]:
        return self.views.heads_after(number, limit)

    def list_heads(self, limit: int, cursor: str | None) -> Row:
        return self.views.heads(limit, cursor)

    def signing_keys(self) -> list[dict[str, Any]]:
        return self.views.signing_keys()

    def rotate_key(self, now: datetime) -> str:
        """The new public key."""
        return str(self.signer.rotate(now)["public_key"])

    def note_refusals(self, refusals: list[dict[str, Any]], now: datetime) -> None:
        """They are on record once the window of time they came in is over, with those like them from any gateway in one entry."""
        self._gather(now, *refusals)

    def _gather(self, now: datetime, *acts: dict[str, Any]) -> None:
        seconds = self.settings.refusal_seconds
        self.gathered.add(datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC), acts)

    def seal(self, until: datetime, folder: Path, now: datetime, *, forced: bool = False) -> Iterator[Sealed]:
        """Each month that has ended by then, as soon as its entries lie in an archive instead of the database."""
        yield from Retention(self.database, self.views, self.signer, self.save).seal(until, folder, now, forced=forced)

    def loops(self) -> dict[str, Callable[[threading.Event], None]]:
        """One for each sink, so that none waits for another. Raises SettingError: only the worker needs the files that sinks name."""
        attempts = self.settings.audit_sink_attempts
        return {f"sink.{name}": Sender(self, name, target, attempts).run for name, target in config.read(self.settings).items()}

    def disable_sink(self, name: str, error: str, now: datetime) -> None:
        with self.database.transaction():
            if self.sinks.disable(name, now):
                self.save(SinkSwitch(name=name, enabled=False, reason=error))
        log.error("the sink %s is disabled: %s; `gatehouse audit sinks enable %s` once that is mended", name, error, name)

    def enable_sink(self, name: str) -> None:
        with self.database.transaction():
            if self.sinks.enable(name):
                self.save(SinkSwitch(name=name, enabled=True, reason=""))

    def forget_sink(self, name: str) -> None:
        if name in config.read(self.settings):
            raise Conflict("sink_configured", "take it out of the file of sinks first, and restart the worker of audit")
        self.sinks.forget(name)

    def sink_report(self) -> list[Row]:
        return report.of(config.read(self.settings), self.sinks, self.database)

    def tidy(self, now: datetime) -> None:
        over = now - timedelta(seconds=self.settings.refusal_seconds + _LATE)
        while self._settle(over):
            pass
        self._sign(now)

    def _sign(self, now: datetime) -> None:
        self.signer.sign(now, timedelta(seconds=self.settings.audit_head_seconds))
        if path := self.settings.audit_heads_file:
            try:
                self.signer.publish(Path(path))
            except OSError as error:
                log.error("signed heads cannot be written to %s: %s", path, error.strerror)
        if self.bucket:
            self.bucket.publish(now)

    def _settle(self, until: datetime) -> int:
        with self.database.transaction():
            rows = self.gathered.take(until, _BATCH)
            self.save(*map(_act, rows))
        return len(rows)


def _reading(scope: str, workspace_id: UUID | None) -> dict[str, Any]:
    call = context.current()
    who = {"account_id": call.actor_id, "credential_id": call.credential_id, "operator": call.operator}
    where = {"ip": call.ip, "user_agent": call.user_agent}
    return who | where | {"kind": READING, "code": scope, "route": "", "workspace_id": str(workspace_id or ""), "count": 1}


def _act(row: Row) -> Attempt | Reading:
    """By whoever did it, from where it was done."""
    who = {"actor_id": row["account_id"], "credential_id": row["credential_id"], "operator": row["operator"]}
    with context.use(CallContext(**who, ip=row["ip"], user_agent=row["user_agent"])):
        if row["kind"] == READING:
            return Reading(scope=row["code"], count=row["count"], since=row["since"], workspace_id=_uuid(row["workspace_id"]))
        return Attempt(
            kind=row["kind"],
            code=row["code"],
            route=row["route"],
            count=row["count"],
            since=row["since"],
            account_id=_uuid(row["account_id"]),
            workspace_id=_uuid(row["workspace_id"]),
        )


def _uuid(text: str) -> UUID | None:
    return UUID(text) if text else None
