"""Verifies an export of the whole journal with nothing but the signed heads and the first public key."""

from binascii import hexlify
from collections.abc import Iterable
from dataclasses import dataclass

from services.audit.proof.entries import read_line
from services.audit.proof.heads import Chain, Record
from services.audit.proof.merkle import Tree, leaf_hash


class Broken(Exception):
    """The export is not what was signed; the message names the first position where that shows."""


@dataclass(frozen=True)
class Verified:
    """``unsigned`` entries came after the last head: their chains hold, but nobody has signed them yet."""

    entries: int
    heads: int
    unsigned: int


@dataclass(frozen=True)
class _Signed:
    number: int
    time: str
    size: int
    root: bytes


class _Log:
    """One source's entries as the export has them."""

    def __init__(self, source: str, signed: list[_Signed]) -> None:
        self._source, self._signed = source, signed[::-1]
        self._tree = Tree()
        self._agreed = self._compared = self.position = 0
        self.hashes: list[bytes] = []
        # How many entries there will be when the next head is due; no number, if none is.
        self.due = self._next_size()

    def compare(self) -> None:
        signed = self._signed.pop()
        self._tree.extend(self.hashes[self._tree.size :])
        if self._tree.root != signed.root:
            raise Broken(
                f"{self._source} differs from record {signed.number} of {signed.time} somewhere in positions {self._agreed + 1} to "
                f"{self.position}: entries were replaced, inserted or removed there"
            )
        self._agreed, self.due = self.position, self._next_size()

    def end(self) -> int:
        """How many entries nobody has signed."""
        if self._signed:
            signed = self._signed[-1]
            raise Broken(
                f"{self._source} ends at position {self.position} with {len(self.hashes)} entries, but record {signed.number} of "
                f"{signed.time} counts {signed.size}: the last ones were removed, or an older state was restored"
            )
        return len(self.hashes) - self._tree.size

    def _next_size(self) -> int:
        return self._signed[-1].size if self._signed else -1


def verify(lines: Iterable[bytes], records: Iterable[Record], first_key: bytes, until: int | None = None) -> Verified:
    """Heads after record ``until`` are left aside. Raises Broken, or Forged if the heads themselves are not to be believed."""
    return verify_against(chained(records, first_key), lines, until)


def chained(records: Iterable[Record], first_key: bytes) -> Chain:
    """Raises Forged."""
    chain = Chain(first_key)
    for record in records:
        chain.add(record)
    return chain


def verify_against(chain: Chain, lines: Iterable[bytes], until: int | None = None) -> Verified:
    """Raises Broken."""
    heads = [head for number, head in chain.heads.items() if until is None or number <= until]
    if not heads:
        raise Broken("there is no signed head to compare the export with")
    return _verified(lines, heads)


def _verified(lines: Iterable[bytes], heads: list[Record]) -> Verified:
    logs = {source.encode(): _Log(source, _signed(source, heads)) for source in heads[-1]["trees"]}
    last: dict[bytes, bytes] = {}
    for number, line in enumerate(lines, start=1):
        try:
            told, entry, source, position, previous, chain = read_line(line)
        except ValueError:
            raise Broken(f"line {number} is no line of an export") from None
        if (log := logs.get(source)) is None:
            log = logs[source] = _Log(_name(source), [])
        hash = leaf_hash(entry)
        if hexlify(hash) != told:
            raise Broken(f"{_name(source)}:{position} was changed: it does not have the hash that it was written with")
        if position <= log.position:
            raise Broken(f"{_name(source)}:{position} comes after position {log.position}: entries were reordered or repeated")
        if last.get(chain, b"") != previous:
            raise Broken(f"{_name(source)}:{position} does not follow its workspace's entry before it: was one removed or moved?")
        last[chain], log.position = told, position
        log.hashes.append(hash)
        if len(log.hashes) == log.due:
            log.compare()
    unsigned = sum([log.end() for log in logs.values()])
    return Verified(sum(len(log.hashes) for log in logs.values()), len(heads), unsigned)


def _name(source: bytes) -> str:
    """Also of one that was made unreadable."""
    return source.decode(errors="backslashreplace")


def _signed(source: str, heads: list[Record]) -> list[_Signed]:
    """One for each size: others may have grown while this one did not."""
    found: dict[int, _Signed] = {}
    for head in heads:
        if tree := head["trees"].get(source):
            found.setdefault(tree["size"], _Signed(head["number"], head["time"], tree["size"], bytes.fromhex(tree["root"])))
    return list(found.values())
