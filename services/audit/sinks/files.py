"""A file that lines are appended to."""

import os
from dataclasses import dataclass
from pathlib import Path

from services.audit.formats import Line
from services.chassis.views import Row


@dataclass(frozen=True, kw_only=True)
class FileTarget:
    path: Path
    line: Line

    @property
    def where(self) -> str:
        return str(self.path)

    def frame(self, row: Row) -> bytes:
        return self.line(row).encode() + b"\n"

    def deliver(self, payload: bytes) -> None:
        """Opened anew each time: whoever rotates logs may have moved it away. On disk when this returns, or not there at all."""
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            end = os.lseek(file, 0, os.SEEK_END)
            # What a power cut left of a line stands alone; the entry comes again as a whole.
            torn = end and os.pread(file, 1, end - 1) != b"\n"
            try:
                _write(file, b"\n" + payload if torn else payload)
            except OSError:
                os.ftruncate(file, end)
                raise
        finally:
            os.close(file)


def _write(file: int, payload: bytes) -> None:
    rest = memoryview(payload)
    while rest:
        rest = rest[os.write(file, rest) :]
    os.fsync(file)
