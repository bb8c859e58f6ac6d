"""Verifies an export of the whole journal with nothing but the signed heads and the first public key."""

from binascii import hexlify
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice

from services.audit.proof.entries import ENTRY, HASH, Line, framed, read_line, workspaces
from services.audit.proof.heads import Chain, Record
from services.audit.proof.merkle import Tree, leaf_hash

# Lines that are held at a time, until a head says that all of them are as they were signed.
_AT_ONCE = 20_000


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

    def __init__(self, source: bytes, signed: list[_Signed]) -> None:
        self.source, self._signed = source, signed[::-1]
        self._tree, self._waiting = Tree(), list[bytes]()
        self._agreed = self._position = 0
        # The hash of the last entry of each workspace, as it stands in its line.
        self._last: dict[bytes, bytes] = {}

    @property
    def size(self) -> int:
        return self._tree.size + len(self._waiting)

    @property
    def due(self) -> int:
        """How many more entries the next head counts; 0, if there is none."""
        return self._signed[-1].size - self.size if self._signed else 0

    def agrees(self, lines: list[bytes]) -> bool:
        """Whether these are all that the next head counts more, just as they were signed. Then nothing else need be asked of them: whose
        they are, their order and what each follows is part of what was hashed. If not, nothing is taken."""
        hashes = [sha256(b"\0" + line[ENTRY]).digest() for line in lines]
        told = [line[HASH] for line in lines]
        if hexlify(b"".join(hashes)) != b"".join(told) or not framed(lines, told):
            return False
        tree = Tree(self._tree.size, self._tree.peaks)
        tree.extend(self._waiting + hashes)
        if tree.root != self._signed[-1].root:
            return False
        self._tree, self._waiting = tree, []
        self._last.update(zip(workspaces(lines), told, strict=True))
        self._position = self._agreed = read_line(lines[-1])[3]
        self._signed.pop()
        return True

    def take(self, line: Line) -> None:
        """Raises Broken, and says where, as soon as it does not follow what was taken before."""
        told, entry, _, position, previous, key = line
        hash = leaf_hash(entry)
        if hexlify(hash) != told:
            raise Broken(f"{self._name}:{position} was changed: it does not have the hash that it was written with")
        if position <= self._position:
            raise Broken(f"{self._name}:{position} comes after position {self._position}: entries were reordered or repeated")
        if self._last.get(key, b"") != previous:
            raise Broken(f"{self._name}:{position} does not follow its workspace's entry before it: was one removed or moved?")
        self._last[key], self._position = told, position
        self._waiting.append(hash)
        if self.due == 0 and self._signed:
            self._compare(self._signed.pop())

    def end(self) -> int:
        """How many entries nobody has signed."""
        if self._signed:
            signed = self._signed[-1]
            raise Broken(
                f"{self._name} ends at position {self._position} with {self.size} entries, but record {signed.number} of "
                f"{signed.time} counts {signed.size}: the last ones were removed, or an older state was restored"
            )
        return len(self._waiting)

    def _compare(self, signed: _Signed) -> None:
        self._tree.extend(self._waiting)
        self._waiting = []
        if self._tree.root != signed.root:
            raise Broken(
                f"{self._name} differs from record {signed.number} of {signed.time} somewhere in positions {self._agreed + 1} to "
                f"{self._position}: entries were replaced, inserted or removed there"
            )
        self._agreed = self._position

    @property
    def _name(self) -> str:
        """Also of one that was made unreadable."""
        return self.source.decode(errors="backslashreplace")


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
    logs = {source.encode(): _Log(source.encode(), _signed(source, heads)) for source in heads[-1]["trees"]}
    rest, done = iter(lines), 0
    while (line := next(rest, None)) is not None:
        first = _log(_read(line, done + 1), logs)
        due = first.due
        # As many as the next head counts, if they are of one log, as they should be; where no head is near, one by one.
        batch = [line, *islice(rest, min(due, _AT_ONCE) - 1 if due else 0)]
        if len(batch) != due or not first.agrees(batch):
            for number, each in enumerate(batch, start=done + 1):
                _log(found := _read(each, number), logs).take(found)
        done += len(batch)
    unsigned = sum([log.end() for log in logs.values()])
    return Verified(done, len(heads), unsigned)


def _read(line: bytes, number: int) -> Line:
    try:
        return read_line(line)
    except ValueError:
        raise Broken(f"line {number} is no line of an export") from None


def _log(line: Line, logs: dict[bytes, _Log]) -> _Log:
    source = line[2]
    if source not in logs:
        logs[source] = _Log(source, [])
    return logs[source]


def _signed(source: str, heads: list[Record]) -> list[_Signed]:
    """One for each size: others may have grown while this one did not."""
    found: dict[int, _Signed] = {}
    for head in heads:
        if tree := head["trees"].get(source):
            found.setdefault(tree["size"], _Signed(head["number"], head["time"], tree["size"], bytes.fromhex(tree["root"])))
    return list(found.values())
