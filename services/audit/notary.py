"""Gives each entry of the journal its place in the proof, batch by batch, in the transaction that writes the entries.

Each source's log has a tree of its own, and each workspace a chain in it. Both depend on the order within the source alone,
so they come out the same however the sources' events interleaved: a rebuilt journal has the same hashes.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from services.audit.proof.entries import entry_bytes
from services.audit.proof.merkle import SIZE, Tree, leaf_hash
from services.chassis.database import Database
from services.chassis.views import Row, Rows, Table

# Of the inner nodes, those of every eighth level are kept: a proof then reads some hundreds of hashes, however many entries there are.
TILE = 8

trees = Table("journal_trees", key=("source",), columns={"source": "text NOT NULL", "size": "bigint NOT NULL", "peaks": "bytea NOT NULL"})

# Entries of no workspace form a chain as well, that of the empty name.
chains = Table(
    "journal_chains",
    key=("source", "workspace"),
    columns={"source": "text NOT NULL", "workspace": "text NOT NULL", "hash": "bytea NOT NULL"},
)

# ``position`` is that of the last entry below the node.
tiles = Table(
    "journal_tiles",
    key=("source", "level", "place"),
    columns={
        "source": "text NOT NULL",
        "level": "int NOT NULL",
        "place": "bigint NOT NULL",
        "hash": "bytea NOT NULL",
        "position": "bigint NOT NULL",
    },
)

_CHAINS = b"""SELECT source, workspace, hash FROM journal_chains
    JOIN unnest(%b::text[], %b::text[]) AS wanted (source, workspace) USING (source, workspace)"""


class Notary:
    """For one batch."""

    def __init__(self, connection: Connection[DictRow], rows: Iterable[Mapping[str, Any]]) -> None:
        wanted = list({_chain(row) for row in rows})
        known = _trees_in(connection.execute("SELECT * FROM journal_trees"))
        self._trees = {source: known.get(source) or Tree() for source, _ in wanted}
        found = connection.execute(_CHAINS, ([source for source, _ in wanted], [workspace for _, workspace in wanted]))
        self._chains = {(row["source"], row["workspace"]): row["hash"] for row in found}

    def place(self, row: Mapping[str, Any], rows: Rows) -> Row:
        """What the entry's row has beside the entry itself. Called for each in the order of its source."""
        tree, chain = self._trees[row["source"]], _chain(row)
        previous = self._chains.get(chain, b"")
        hash = self._chains[chain] = leaf_hash(entry_bytes(row, previous))
        placed = {"leaf": tree.size, "previous": previous, "hash": hash}
        for level, place, node in tree.append(hash):
            if level % TILE == 0:
                rows.add(tiles, source=row["source"], level=level, place=place, hash=node, position=row["position"])
        return placed

    def keep(self, rows: Rows) -> None:
        for source, tree in self._trees.items():
            rows.put(trees, source=source, size=tree.size, peaks=b"".join(tree.peaks))
        for (source, workspace), hash in self._chains.items():
            rows.put(chains, source=source, workspace=workspace, hash=hash)


def read_trees(db: Database) -> dict[str, Tree]:
    return _trees_in(db.all("SELECT * FROM journal_trees"))


def _trees_in(rows: Iterable[Row]) -> dict[str, Tree]:
    return {row["source"]: Tree(row["size"], _split(row["peaks"])) for row in rows}


def _chain(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["source"], row["workspace_id"] or ""


def _split(peaks: bytes) -> list[bytes]:
    return [peaks[at : at + SIZE] for at in range(0, len(peaks), SIZE)]
