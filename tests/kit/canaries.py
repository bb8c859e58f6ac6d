"""Secrets that stand out, and a search for them in everything that was written, in the clothes that programs put on them."""

import base64
import json
import secrets
import stat
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import quote

import psycopg

_PIECE = 8 << 20
_STEM = "CANARY"


class Canaries:
    def __init__(self) -> None:
        self._made: list[str] = []
        self._noted: list[str] = []

    def new(self, length: int = 40) -> str:
        """Letters and digits, to be found nowhere but where somebody has written them."""
        self._made.append(_STEM + secrets.token_hex(length)[: length - len(_STEM)])
        return self._made[-1]

    def note(self, text: str) -> str:
        """A secret that came about by itself."""
        self._noted.append(text)
        return text

    def found_in(self, data: bytes) -> list[str]:
        # Those that were made begin alike, in each of their forms: where nothing begins so, none of them is.
        wanted = [*self._made, *self._noted] if any(start in data for start in _starts()) else self._noted
        return [marker for marker in wanted if any(form in data for form in _forms(marker))]

    def in_files(self, folders: Iterable[Path]) -> list[str]:
        return [f"{marker[:12]}… in {path}" for path in _files(folders) for marker in self._in_file(path)]

    def in_rows(self, url: str) -> list[str]:
        with psycopg.connect(url, autocommit=True) as connection:
            return [f"{marker[:12]}… in {table}" for table, row in _rows(connection) for marker in self.found_in(row)]

    def _in_file(self, path: Path) -> set[str]:
        found: set[str] = set()
        try:
            with path.open("rb") as file:
                tail = b""
                while piece := file.read(_PIECE):
                    found |= set(self.found_in(tail + piece))
                    tail = piece[-4096:]
        except FileNotFoundError:
            pass  # a server has tidied up meanwhile
        return found


@cache
def _starts() -> frozenset[bytes]:
    raw = _STEM.encode()
    plain = {raw, raw.hex().encode(), _STEM.encode("utf-16-le")}
    return frozenset(
        plain | {form[: (shift + len(raw)) // 3 * 4 - (4 if shift else 0)] for shift in range(3) for form in _base64(raw + raw, shift)}
    )


@cache
def _forms(text: str) -> set[bytes]:
    raw = text.encode()
    plain = {raw, raw.hex().encode(), quote(text, safe="").encode(), json.dumps(text)[1:-1].encode(), text.encode("utf-16-le")}
    return plain | {form for shift in range(3) for form in _base64(raw, shift)}


def _base64(raw: bytes, shift: int) -> Iterator[bytes]:
    """What of it is the same whatever stands before and behind."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(b"\x00" * shift + raw)
        yield whole[4 if shift else 0 : len(whole) - 4]


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        for path in folder.rglob("*"):
            try:
                if stat.S_ISREG(path.lstat().st_mode):
                    yield path
            except FileNotFoundError:
                continue


def _rows(connection: psycopg.Connection) -> Iterator[tuple[str, bytes]]:
    tables = connection.execute("SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")
    for schema, table in tables.fetchall():
        for row in connection.execute(f'SELECT * FROM "{schema}"."{table}"'.encode()):
            yield f"{schema}.{table}", b" ".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row)
