"""Proofs about single entries and about the growth of a log, for whoever has signed heads and wants no whole export."""

from collections.abc import Callable

from services.audit.nodes import StoredNodes
from services.audit.notary import read_trees
from services.audit.proof.entries import entry_of
from services.audit.proof.merkle import Nodes, Tree, consistency_proof, inclusion_proof
from services.audit.views import AuditViews
from services.chassis.errors import Conflict, NotFound, Unprocessable
from services.chassis.views import Row


class Prover:
    def __init__(self, views: AuditViews) -> None:
        self._views = views

    def inclusion(self, entry: Row, size: int | None) -> Row:
        """In the tree of this size; of none, in that of the last signed head."""
        source, leaf = entry["source"], entry["leaf"]
        size = size if size is not None else self._signed(source, leaf)
        tree = self._tree(source)
        if not leaf < size <= tree.size:
            raise Unprocessable("invalid_fields", "see errors", {"tree_size": [f"Name one from {leaf + 1} to {tree.size}."]})
        return {
            "source": source,
            "tree_size": size,
            "leaf_index": leaf,
            "inclusion_path": self._path(source, lambda nodes: inclusion_proof(leaf, size, nodes)),
            "entry": entry_of(entry),
        }

    def consistency(self, source: str, first: int, second: int) -> Row:
        tree = self._tree(source)
        if not first <= second <= tree.size:
            raise Unprocessable("invalid_fields", "see errors", {"second": [f"Name one from {first} to {tree.size}."]})
        path = self._path(source, lambda nodes: consistency_proof(first, second, nodes))
        return {"source": source, "first": first, "second": second, "consistency_path": path}

    def _tree(self, source: str) -> Tree:
        if (tree := read_trees(self._views.db).get(source)) is None:
            raise NotFound("source_not_found", "no service of this name has entries")
        return tree

    def _signed(self, source: str, leaf: int) -> int:
        size: int = self._views.last_head().get(source, {"size": 0})["size"]
        if size <= leaf:
            raise Conflict("not_signed_yet", "no signed head counts this entry yet: ask again in a minute, or name a tree_size")
        return size

    def _path(self, source: str, made: Callable[[Nodes], list[bytes]]) -> list[str]:
        try:
            return [hash.hex() for hash in made(StoredNodes(self._views.db, source))]
        except LookupError:
            raise NotFound("entries_gone", "entries that the proof rests on are no longer in the database") from None
