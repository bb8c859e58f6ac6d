"""Whole months leave the database for archives: written, read again, and only then dropped, with what proofs need left behind."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from services.audit.domain import Archive
from services.audit.nodes import tree_of_leaves
from services.audit.notary import read_trees
from services.audit.projections import Journal
from services.audit.proof.archives import Writer, entry_lines
from services.audit.proof.entries import entry_bytes, export_line
from services.audit.proof.heads import moment
from services.audit.proof.merkle import leaf_hash
from services.audit.signing import Signer
from services.audit.views import AuditViews, journal
from services.chassis import crash, positions
from services.chassis.database import Database
from services.chassis.errors import Conflict
from services.chassis.rebuild import alone
from services.chassis.views import Row, month

_PAGE = 2_000
# Entries of a month that were known at some moment: of each source those up to a position.
_KNOWN = """journal JOIN unnest(%s::text[], %s::bigint[]) AS known (source, upto) USING (source)
    WHERE time >= %s AND time < %s AND position <= upto"""
_COUNT = f"SELECT count(*) AS entries FROM {_KNOWN}"
_READ = f"SELECT journal.* FROM {_KNOWN} AND (source, position) > (%s, %s) ORDER BY source, position LIMIT %s"
_KEEP = f"INSERT INTO journal_leaves SELECT source, position, hash FROM {_KNOWN}"
_SEAL = (
    "INSERT INTO journal_seals SELECT source, %s, upto FROM unnest(%s::text[], %s::bigint[]) AS known (source, upto) ON CONFLICT DO NOTHING"
)
_DELETE = f"DELETE FROM journal WHERE (time, source, position) IN (SELECT time, source, position FROM {_KNOWN})"
_ALL = "SELECT count(*) AS entries FROM journal WHERE time >= %s AND time < %s"


@dataclass(frozen=True)
class Sealed:
    """``unacknowledged``: of each sink, how many of the entries it had not taken."""

    month: str
    path: Path
    entries: int
    sha256: str
    unacknowledged: dict[str, int]


class Retention:
    def __init__(self, db: Database, views: AuditViews, signer: Signer, save: Callable[[Archive], object]) -> None:
        self._db, self._views, self._signer, self._save = db, views, signer, save

    def seal(self, until: datetime, folder: Path, now: datetime, *, forced: bool) -> Iterator[Sealed]:
        """Raises Conflict, and leaves that month and those after it, if the journal is not what was signed or a sink lacks some of it."""
        if until > month(now)[0]:
            raise Conflict("month_not_over", "only months that have ended can be sealed: name an earlier one")
        # No rebuild meanwhile: it would bring back what is being dropped.
        with alone(self._db, Journal) as connection:
            if not self._signer.sign(now, timedelta(0)):
                raise Conflict(
                    "journal_not_signed", "the journal is not what was signed (see the log): nothing is sealed, verify an export"
                )
            self._check_whole()
            for start, end in journal.months(connection):
                if end <= until and (sealed := self._month(_Month(self._db, start, end), folder, now, forced=forced)):
                    yield sealed

    def _check_whole(self) -> None:
        """What was signed is a root; whether the leaves still make it up is looked at before some of them are all that stays."""
        for source, tree in read_trees(self._db).items():
            if (found := tree_of_leaves(self._db, source, tree.size)).root != tree.root:
                told = f"{found.size:,} of {tree.size:,} entries are there" if found.size < tree.size else "hashes were changed"
                raise Conflict("journal_changed", f"{source} is not what was written, {told}: nothing is sealed, verify an export")

    def _month(self, those: "_Month", folder: Path, now: datetime, *, forced: bool) -> Sealed | None:
        if not those.count():
            return None
        missing = {sink: count for sink, taken in self._views.acknowledged().items() if (count := those.beyond(taken))}
        if missing and not forced:
            told = ", ".join(f"{sink}: {count:,}" for sink, count in missing.items())
            raise Conflict(
                "not_acknowledged", f"{those.name} has entries that sinks have not acknowledged ({told}): wait, mend them, or force it"
            )
        sealed = self._written(those, folder, now, missing)
        crash.point("audit.archived")
        with self._db.transaction():
            those.drop(sealed.entries)
            self._save(
                Archive(
                    month=sealed.month,
                    file=sealed.path.name,
                    entries=sealed.entries,
                    sha256=sealed.sha256,
                    unacknowledged=sum(missing.values()),
                )
            )
        return sealed

    def _written(self, those: "_Month", folder: Path, now: datetime, missing: dict[str, int]) -> Sealed:
        """The name tells what is in it: if this ended here, the next try would write the same file again."""
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"journal-{those.name}.part"
        with part.open("wb") as file:
            writer = Writer(file)
            for row in those.rows():
                writer.add(_checked(row))
            body = {"kind": "archive", "month": those.name, "time": moment(now), "entries": writer.entries, "sha256": writer.sha256}
            writer.end(self._signer.vouch(body))
            file.flush()
            os.fsync(file.fileno())
        if sum(1 for _ in entry_lines(part)) != writer.entries:
            raise OSError(f"{part} does not read as it was written")
        path = part.rename(folder / f"journal-{those.name}-{writer.sha256[:12]}.jsonl.gz")
        _settle(folder)
        return Sealed(those.name, path, writer.entries, writer.sha256, missing)


class _Month:
    """What the journal has of a month now. What comes later, be it of that month, is none of it."""

    def __init__(self, db: Database, start: datetime, end: datetime) -> None:
        self._db, self._start, self._end, self.name = db, start, end, f"{start:%Y-%m}"
        with db.connection() as connection:
            known = positions.read(connection, Journal.name)
        self._upto = [list(known), list(known.values())]
        self._known = [*self._upto, start, end]

    def count(self) -> int:
        return _number(self._db.one(_COUNT, *self._known))

    def beyond(self, taken: dict[str, int]) -> int:
        """How many entries lie beyond these positions of their sources."""
        return self.count() - _number(self._db.one(_COUNT, list(taken), list(taken.values()), self._start, self._end))

    def rows(self) -> Iterator[Row]:
        """In the order of an export."""
        source, position = "", 0
        while page := self._db.all(_READ, *self._known, source, position, _PAGE):
            yield from page
            source, position = page[-1]["source"], page[-1]["position"]

    def drop(self, entries: int) -> None:
        """In the transaction this is called in. Raises Conflict, and nothing has happened, if these are not so many."""
        with self._db.connection() as connection:
            positions.lock(connection, Journal.name)
            if self._db.run(_KEEP, *self._known) != entries:
                raise Conflict("journal_changed", f"entries of {self.name} were changed meanwhile: nothing is dropped, verify an export")
            if _number(self._db.one(_ALL, self._start, self._end)) == entries:
                journal.drop_month(connection, self._start)
            else:
                self._db.run(_DELETE, *self._known)
            self._db.run(_SEAL, self._end, *self._upto)


def _checked(row: Row) -> bytes:
    if leaf_hash(entry_bytes(row, row["previous"])) != row["hash"]:
        raise Conflict("entry_changed", f"{row['id']} was changed: it does not have the hash that it was written with. Nothing is sealed")
    return export_line(row)


def _settle(folder: Path) -> None:
    """The name of a new file is on disk as well."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _number(row: Row | None) -> int:
    return int(row["entries"]) if row else 0
