"""Merkle trees as in RFC 9162, section 2.1: appending with what one row holds, and proofs that somebody else can check."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()
SIZE = 32

# Answers the hash of the perfect subtree of 2**level leaves that has this place among those of its level.
Nodes = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


class Tree:
    """``peaks`` are the roots of the perfect subtrees it consists of, the largest first: all that growing needs."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size, self.peaks = size, list(peaks)

    def append(self, leaf: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Level, place and hash of every inner node that this leaf completes; the tree grows while they are read."""
        level, place, node = 0, self.size, leaf
        self.size += 1
        while place & 1:
            node, level, place = node_hash(self.peaks.pop(), node), level + 1, place >> 1
            yield level, place, node
        self.peaks.append(node)

    def extend(self, leaves: Sequence[bytes]) -> None:
        """As ``append`` for each, several times as fast: level by level, for whoever needs no inner node."""
        nodes, place, peaks = list(leaves), self.size, []
        self.size += len(nodes)
        while nodes:
            if place & 1:
                nodes.insert(0, self.peaks.pop())
            if len(nodes) & 1:
                peaks.append(nodes.pop())
            nodes = [sha256(b"\1" + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2], strict=True)]
            place >>= 1
        self.peaks += reversed(peaks)

    @property
    def root(self) -> bytes:
        if not self.peaks:
            return EMPTY
        *others, root = self.peaks
        for peak in reversed(others):
            root = node_hash(peak, root)
        return root


def inclusion_proof(leaf: int, size: int, node: Nodes) -> list[bytes]:
    if not 0 <= leaf < size:
        raise ValueError(f"there is no leaf {leaf} in a tree of {size}")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if leaf < middle:
            path.append(_root(middle, end, node))
            end = middle
        else:
            path.append(_root(start, middle, node))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, node: Nodes) -> list[bytes]:
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} has no former state of {old}")
    path, start, end = [], 0, new
    while old and end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_root(middle, end, node))
            end = middle
        else:
            path.append(_root(start, middle, node))
            start = middle
    return [_root(start, end, node), *path[::-1]] if start else path[::-1]


def includes(root: bytes, size: int, leaf: int, hash: bytes, path: Sequence[bytes]) -> bool:
    """Whether the tree of this root and size has this leaf at this place (RFC 9162, 2.1.3.2)."""
    at, last = leaf, size - 1
    for sibling in path:
        if last <= 0:
            return False
        if at & 1 or at == last:
            hash = node_hash(sibling, hash)
            at, last = _up(at, last)
        else:
            hash = node_hash(hash, sibling)
        at, last = at >> 1, last >> 1
    return 0 <= leaf < size and last == 0 and hash == root


def extends(old_root: bytes, old: int, new_root: bytes, new: int, path: Sequence[bytes]) -> bool:
    """Whether the newer tree begins with all the older one has, in its order (RFC 9162, 2.1.4.2)."""
    if old == new or old == 0:
        return not path and (old_root == new_root if old == new else old_root == EMPTY)
    proof = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if old > new or not proof:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            at, last = _up(at, last)
        else:
            after = node_hash(after, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _up(at: int, last: int) -> tuple[int, int]:
    """To where a node at the right edge has a sibling again: it is its parent's only child until then."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _split(size: int) -> int:
    """The largest power of two smaller than this."""
    return 1 << (size - 1).bit_length() - 1


def _root(start: int, end: int, node: Nodes) -> bytes:
    size = end - start
    if size & (size - 1) == 0:
        return node(size.bit_length() - 1, start // size)
    middle = start + _split(size)
    return node_hash(_root(start, middle, node), _root(middle, end, node))
