"""A sealed month as a file: the lines of an export, compressed, and a signed last line that says what they are."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from hashlib import sha256
from heapq import merge
from pathlib import Path
from typing import BinaryIO

from services.audit.proof.canonical import canonical
from services.audit.proof.entries import read_line
from services.audit.proof.heads import Chain, Record
from services.audit.proof.verify import Broken

_LAST = b'{"archive":'
_GZIP = b"\x1f\x8b"


class Writer:
    """Counts and hashes what it writes. Used as a context; ``end`` writes the last line."""

    def __init__(self, file: BinaryIO) -> None:
        # Without the time of day: the same entries make the same bytes.
        self._zipped = gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0)
        self._digest, self.entries = sha256(), 0

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def add(self, line: bytes) -> None:
        self._zipped.write(line)
        self._digest.update(line)
        self.entries += 1

    def end(self, record: Record) -> None:
        self._zipped.write(_LAST + canonical(record) + b"}\n")
        self._zipped.close()


def entry_lines(path: Path, chain: Chain | None = None) -> Iterator[bytes]:
    """Of an archive, or of an export as it is. Raises Broken for an archive that is cut short, changed, or signed by nobody in the chain;
    without one, nobody asks who signed it."""
    with path.open("rb") as file:
        zipped = file.read(2) == _GZIP
        file.seek(0)
        yield from _unsealed(path, gzip.GzipFile(fileobj=file), chain) if zipped else file


def in_order(files: Iterable[Iterator[bytes]]) -> Iterator[bytes]:
    """Lines of several files, as one export would have them. Raises Broken for what is no line."""
    return merge(*files, key=_place)


def _unsealed(path: Path, lines: Iterable[bytes], chain: Chain | None) -> Iterator[bytes]:
    digest, entries = sha256(), 0
    try:
        for line in lines:
            if line.startswith(_LAST):
                return _check(path, line, digest.hexdigest(), entries, chain)
            digest.update(line)
            entries += 1
            yield line
    except (OSError, EOFError, zlib.error) as error:
        raise Broken(f"{path} cannot be read to its end: {error}") from None
    raise Broken(f"{path} has no signed last line: it was cut short")


def _check(path: Path, line: bytes, digest: str, entries: int, chain: Chain | None) -> None:
    try:
        record = json.loads(line)["archive"]
        told, genuine = (record["sha256"], record["entries"]), chain is None or chain.vouches_for(record)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Broken(f"{path} has a last line of another form") from None
    if told != (digest, entries):
        raise Broken(f"{path} does not hold the entries that its last line tells of: it was changed")
    if not genuine:
        raise Broken(f"{path} is not signed with a key of this journal")


def _place(line: bytes) -> tuple[bytes, int]:
    try:
        _, _, source, position, _, _ = read_line(line)
    except ValueError:
        raise Broken(f"{line[:60]!r} is no line of an export") from None
    return source, position
