"""What a gateway has counted and not yet reported, in files that outlive it.

A segment counts the calls of one quarter of an hour in a memory-mapped file: what is written there is the kernel's at once, so a process
that is killed in the next instant has lost nothing. A sealed segment never changes again; its folder and number name it for ever.
"""

import fcntl
import mmap
import os
import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

# Workspaces of one segment.
SLOTS = 16_384
# Of a slot: both halves of the workspace's id, and the count.
_WORDS = 3
_BYTES = _WORDS * 8
_NAME = re.compile(r"(\d+)-(\d+)")
_LOW = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Sealed:
    """``gateway`` and ``sequence`` name it; ``since``: when its quarter of an hour began, in seconds since 1970."""

    path: Path
    gateway: str
    sequence: int
    since: int

    def counts(self) -> dict[str, int]:
        written = self.path.read_bytes()
        # A gateway that was killed while it made the file has left only a part, and nothing in it.
        slots = struct.iter_unpack("QQQ", written[: len(written) // _BYTES * _BYTES])
        return {str(UUID(int=high << 64 | low)): count for high, low, count in slots if count}


class Segment:
    """The one that is being counted in."""

    def __init__(self, folder: Path, sequence: int, since: int) -> None:
        self.since, self.path = since, folder / f"{sequence}-{since}"
        self._file = _filled(self.path)
        self._map = mmap.mmap(self._file.fileno(), 0)
        self._words = memoryview(self._map).cast("Q")
        self._places: dict[str, int] = {}

    def takes(self, workspace_id: str, since: int) -> bool:
        return since == self.since and (workspace_id in self._places or len(self._places) < SLOTS)

    def add(self, workspace_id: str, number: int) -> None:
        """``workspace_id``: a UUID."""
        place = self._places.get(workspace_id)
        if place is None:
            place = self._claimed(workspace_id)
        self._words[place] += number

    def seal(self) -> None:
        """On disk before it is told of: what billing knows by this name is the same after a power cut."""
        self._words.release()
        self._map.close()
        self._file.truncate(len(self._places) * _BYTES)
        os.fsync(self._file.fileno())
        self._file.close()

    def _claimed(self, workspace_id: str) -> int:
        first, number = len(self._places) * _WORDS, UUID(workspace_id).int
        self._words[first], self._words[first + 1] = number >> 64, number & _LOW
        self._places[workspace_id] = first + 2
        return first + 2


class Spool:
    """The folder of this gateway among those of others; a lock on it says that its gateway lives."""

    def __init__(self, folder: Path) -> None:
        self._all, self.gateway = folder, str(uuid4())
        self._own = folder / self.gateway
        # Under its name only once it is locked: nobody shall take it for that of a dead one.
        (hidden := folder / f".{self.gateway}").mkdir(parents=True)
        self._lock = _locked(hidden)
        hidden.rename(self._own)
        self._sequence = 0
        self._open: Segment | None = None

    def add(self, workspace_id: str, since: int, number: int = 1) -> None:
        """Raises OSError when there is no room for another file; then nothing is counted."""
        if self._open is None or not self._open.takes(workspace_id, since):
            self.seal()
            self._open = Segment(self._own, self._sequence + 1, since)
            self._sequence += 1
        self._open.add(workspace_id, number)

    def seal(self) -> None:
        # Whatever comes of it, this one is counted in no more.
        segment, self._open = self._open, None
        if segment:
            segment.seal()

    def sealed(self) -> list[Sealed]:
        """What is to be reported, the oldest first."""
        return [found for found in _segments(self._own) if not (self._open and found.path == self._open.path)]

    def orphans(self) -> Iterator[Sealed]:
        """What dead gateways have left; nobody else takes it meanwhile. A folder goes once nothing is in it."""
        for folder in sorted(path for path in self._all.iterdir() if path.name[0] != "." and path != self._own):
            try:
                lock = _locked(folder)
            except OSError:
                continue
            try:
                yield from _segments(folder)
                with suppress(OSError):
                    folder.rmdir()
            finally:
                os.close(lock)

    def close(self) -> None:
        """What is unreported is left to whoever comes next."""
        self.seal()
        os.close(self._lock)


def _filled(path: Path) -> BinaryIO:
    """Written and not only set aside: a disk that is full must refuse now, not kill us when a page is touched."""
    file = path.open("xb+")
    try:
        file.write(bytes(SLOTS * _BYTES))
        file.flush()
    except OSError:
        path.unlink()
        file.close()
        raise
    return file


def _segments(folder: Path) -> list[Sealed]:
    named = [(path, match) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    return sorted((Sealed(path, folder.name, int(match[1]), int(match[2])) for path, match in named), key=lambda found: found.sequence)


def _locked(folder: Path) -> int:
    """Held until it is closed, or its process ends however it does."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
