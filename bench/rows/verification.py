"""How long an auditor waits: a whole export verified, against nothing but hashing its bytes."""

import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.measure import SEED, Result, compare
from bench.servers import Servers
from services.audit.proof.entries import entry_bytes, export_line
from services.audit.proof.heads import Record, head_record, key_record, public
from services.audit.proof.merkle import Tree, leaf_hash
from services.audit.proof.verify import verify

ENTRIES = 1_000_000
WORKSPACES = 1_000
# Entries between two heads.
STRIDE = 1_000
GOAL = 0.3
SOURCE = "workspaces"


def run(_: Servers, quick: bool) -> list[Result]:
    export = Export(ENTRIES // 100 if quick else ENTRIES)
    what = f"verification of an export of {len(export.lines):,} entries; against hashing its lines in a loop"
    return [compare("verification", what, GOAL, export.verified, export.hashed, 1 if quick else 3, "entries/s")]


class Export:
    def __init__(self, entries: int) -> None:
        self._random, self._key, now = Random(SEED), Ed25519PrivateKey.generate(), datetime(2026, 11, 20, tzinfo=UTC)
        workspaces = [self._id() for _ in range(WORKSPACES)]
        chains: dict[str, bytes] = {}
        tree = Tree()
        self._records: list[Record] = [key_record(self._key, self._key, None, now)]
        self.lines: list[bytes] = []
        for position in range(1, entries + 1):
            row = self._row(position, self._random.choice(workspaces), now + timedelta(seconds=position))
            previous = chains.get(row["workspace_id"], b"")
            hash = chains[row["workspace_id"]] = leaf_hash(entry_bytes(row, previous))
            list(tree.append(hash))
            self.lines.append(export_line(row | {"previous": previous, "hash": hash}))
            if position % STRIDE == 0:
                self._records.append(head_record(self._key, self._records[-1], row["time"], {SOURCE: (tree.size, tree.root)}))

    def verified(self) -> float:
        began = time.perf_counter()
        found = verify(self.lines, self._records, public(self._key))
        taken = time.perf_counter() - began
        assert (found.entries, found.unsigned) == (len(self.lines), 0)
        return len(self.lines) / taken

    def hashed(self) -> float:
        began = time.perf_counter()
        for line in self.lines:
            sha256(line).digest()
        return len(self.lines) / (time.perf_counter() - began)

    def _row(self, position: int, workspace_id: str, time: datetime) -> Record:
        account_id = self._id()
        return {
            "source": SOURCE,
            "position": position,
            "id": f"{SOURCE}:{position}",
            "time": time,
            "type": "workspaces.member.joined",
            "version": 1,
            "subject": workspace_id,
            "workspace_id": workspace_id,
            "actor": account_id,
            "on_behalf_of": None,
            "credential_id": self._id(),
            "ip": "192.0.2.7",
            "user_agent": "bench/1",
            "correlation_id": self._id(),
            "causation_id": None,
            "changes": {"account_id": account_id, "role": "viewer", "invitation_id": None},
        }

    def _id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128)))
