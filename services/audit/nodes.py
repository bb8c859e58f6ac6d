"""Hashes of one source's tree, as proofs ask for them."""

from services.audit.notary import TILE
from services.audit.proof.merkle import Tree, node_hash
from services.chassis.database import Database
from services.chassis.views import Row

_BEFORE = "SELECT position FROM journal_tiles WHERE source = %s AND level = %s AND place = %s"
_SOME = "(SELECT position, hash FROM {table} WHERE source = %s AND position > %s ORDER BY position LIMIT %s)"
_LEAVES = f"""SELECT position, hash FROM ({_SOME.format(table="journal")} UNION ALL {_SOME.format(table="journal_leaves")}) AS both_kept
    ORDER BY position LIMIT %s"""
_INNER = "SELECT hash FROM journal_tiles WHERE source = %s AND level = %s AND place >= %s ORDER BY place LIMIT %s"

_PAGE = 10_000


def tree_of_leaves(db: Database, source: str, size: int) -> Tree:
    """Made anew from the hashes of the first entries; smaller if there are fewer."""
    tree, position = Tree(), 0
    while tree.size < size and (rows := _leaves(db, source, position, min(_PAGE, size - tree.size))):
        tree.extend([row["hash"] for row in rows])
        position = rows[-1]["position"]
    return tree


def _leaves(db: Database, source: str, after: int, limit: int) -> list[Row]:
    """Also of entries that lie in an archive."""
    return db.all(_LEAVES, *(source, after, limit) * 2, limit)


class StoredNodes:
    """Raises LookupError where entries that were counted are gone."""

    def __init__(self, db: Database, source: str) -> None:
        self._db, self._source = db, source
        self._read: dict[tuple[int, int], list[bytes]] = {}

    def __call__(self, level: int, place: int) -> bytes:
        above = level % TILE
        tile, start = divmod(place << above, 1 << TILE)
        hashes = self._tile(level - above, tile)[start : start + (1 << above)]
        while len(hashes) > 1:
            hashes = [node_hash(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
        return hashes[0]

    def _tile(self, level: int, tile: int) -> list[bytes]:
        if (level, tile) not in self._read:
            wide = 1 << TILE
            if level:
                rows = self._db.all(_INNER, self._source, level, tile * wide, wide)
            else:
                before = self._db.one(_BEFORE, self._source, TILE, tile - 1)
                rows = _leaves(self._db, self._source, before["position"] if before else 0, wide)
            self._read[level, tile] = [row["hash"] for row in rows]
        return self._read[level, tile]
