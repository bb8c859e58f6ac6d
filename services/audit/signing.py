"""Heads of the journal's trees, signed now and then: beside the log, since no event can bring them back."""

import errno
import json
import logging
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.types.json import Jsonb

from services.audit.nodes import StoredNodes
from services.audit.notary import read_trees
from services.audit.proof.heads import Record, head_record, key_record, signed
from services.audit.proof.merkle import Tree, consistency_proof, extends
from services.chassis.database import Database
from services.chassis.secrets import Keys
from services.chassis.views import Table

log = logging.getLogger(__name__)

heads = Table("journal_heads", key=("number",), columns={"number": "bigint NOT NULL", "kind": "text NOT NULL", "record": "jsonb NOT NULL"})
signing_keys = Table("journal_keys", key=("number",), columns={"number": "bigint NOT NULL", "sealed": "bytea NOT NULL"})

_PURPOSE = "journal key"
# Bytes that no record exceeds.
_LONGEST = 65_536


class Signer:
    """Signs no history that does not begin with the one it has signed before."""

    def __init__(self, db: Database, keys: Keys) -> None:
        self._db, self._keys = db, keys

    def sign(self, now: datetime, every: timedelta) -> bool:
        """Adds a head, if anything was added to the journal and the last head is so old. Answers whether there was nothing against it."""
        with self._db.turn("heads"):
            trees, head = read_trees(self._db), self._last("head")
            if head and (now < datetime.fromisoformat(head["time"]) + every or _sizes(trees) == _signed_sizes(head)):
                return True
            if head and (broken := [source for source, tree in head["trees"].items() if not self._extended(source, tree, trees)]):
                log.error("the journal's entries of %s are not those signed in record %d: nothing is signed", broken[0], head["number"])
                return False
            key, last = self._key(), self._last()
            if key is None and last is None:
                last, key = self.rotate(now), self._key()
            if key is None or last is None:
                log.error("the journal's keys and heads are not of one piece, one of the tables was emptied: nothing is signed")
                return False
            self._add(head_record(key, last, now, {source: (tree.size, tree.root) for source, tree in trees.items()}))
            return True

    def vouch(self, body: Record) -> Record:
        """Signed with the key in force, apart from the chain of heads. Raises LookupError before the first head."""
        if (key := self._key()) is None:
            raise LookupError("there is no key yet")
        return signed(key, body)

    def rotate(self, now: datetime) -> Record:
        """A new key, which the one in force vouches for."""
        with self._db.turn("heads"):
            new = Ed25519PrivateKey.generate()
            record = key_record(new, self._key() or new, self._last(), now)
            self._add(record)
            sealed = self._keys.seal(_PURPOSE, new.private_bytes_raw())
            self._db.run("INSERT INTO journal_keys VALUES (%s, %s)", record["number"], sealed)
            return record

    def publish(self, path: Path) -> None:
        """Appends to the file what it does not have yet. Raises OSError, also for a file that holds something else."""
        with self._db.turn("heads"), path.open("a+b") as file:
            rows = self._db.all("SELECT record FROM journal_heads WHERE number > %s ORDER BY number", _cut_to_whole_lines(file))
            file.writelines(json.dumps(row["record"]).encode() + b"\n" for row in rows)
            file.flush()
            os.fsync(file.fileno())

    def _last(self, kind: str = "") -> Record | None:
        row = self._db.one("SELECT record FROM journal_heads WHERE kind = %s OR %s = '' ORDER BY number DESC LIMIT 1", kind, kind)
        return row["record"] if row else None

    def _key(self) -> Ed25519PrivateKey | None:
        row = self._db.one("SELECT sealed FROM journal_keys ORDER BY number DESC LIMIT 1")
        return Ed25519PrivateKey.from_private_bytes(self._keys.open(_PURPOSE, row["sealed"])) if row else None

    def _add(self, record: Record) -> None:
        self._db.run("INSERT INTO journal_heads VALUES (%s, %s, %s)", record["number"], record["kind"], Jsonb(record))

    def _extended(self, source: str, signed: Record, trees: dict[str, Tree]) -> bool:
        tree = trees.get(source, Tree())
        try:
            path = consistency_proof(signed["size"], tree.size, StoredNodes(self._db, source))
        except (LookupError, ValueError):
            return False
        return extends(bytes.fromhex(signed["root"]), signed["size"], tree.root, tree.size, path)


def _cut_to_whole_lines(file: BinaryIO) -> int:
    """Removes what a crash left half written; answers the number of the last record."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - _LONGEST))
    whole, newline, rest = file.read().rpartition(b"\n")
    try:
        number = int(json.loads(whole.rpartition(b"\n")[2])["number"]) if newline else 0
    except (ValueError, LookupError, TypeError):
        number = -1
    if number < 0 or rest[:1] not in (b"", b"{"):
        raise OSError(errno.EEXIST, "it holds something else")
    file.truncate(end - len(rest))
    return number


def _sizes(trees: dict[str, Tree]) -> dict[str, int]:
    return {source: tree.size for source, tree in trees.items()}


def _signed_sizes(head: Record) -> dict[str, int]:
    return {source: tree["size"] for source, tree in head["trees"].items()}
