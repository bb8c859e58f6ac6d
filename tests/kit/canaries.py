"""Secrets that stand out, and a search for them in everything that was written, in the clothes that programs put on them."""

import base64
import json
import os
import secrets
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg

_PIECE = 8 << 20


class Canaries:
    def __init__(self) -> None:
        self.markers: list[str] = []

    def new(self, length: int = 40) -> str:
        """Letters and digits, to be found nowhere but where somebody has written them."""
        self.markers.append("CANARY" + secrets.token_hex(length)[: length - 6])
        return self.markers[-1]

    def note(self, text: str) -> str:
        """A secret that came about by itself."""
        self.markers.append(text)
        return text

    def found_in(self, data: bytes) -> list[str]:
        return [marker for marker in self.markers if any(form in data for form in _forms(marker))]

    def in_files(self, folders: Iterable[Path]) -> list[str]:
        return [f"{marker[:12]}… in {path}" for path in self._suspects(folders) for marker in self._in_file(path)]

    def in_rows(self, url: str) -> list[str]:
        with psycopg.connect(url, autocommit=True) as connection:
            return [f"{marker[:12]}… in {table}" for table, row in _rows(connection) for marker in self.found_in(row)]

    def _suspects(self, folders: Iterable[Path]) -> list[Path]:
        """By grep, which looks for all forms of all markers at once. It would complain of files that a server tidies up meanwhile."""
        forms = b"\n".join(sorted({form for marker in self.markers for form in _forms(marker)}))
        command = ["grep", "--recursive", "--text", "--fixed-strings", "--files-with-matches", "--no-messages", "--null", "--file=-"]
        told = subprocess.run([*command, *folders], input=forms, stdout=subprocess.PIPE, check=False, env=os.environ | {"LC_ALL": "C"})
        return [Path(os.fsdecode(name)) for name in told.stdout.split(b"\0") if name]

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


def _forms(text: str) -> set[bytes]:
    raw = text.encode()
    plain = {raw, raw.hex().encode(), quote(text, safe="").encode(), json.dumps(text)[1:-1].encode(), text.encode("utf-16-le")}
    return plain | {form for shift in range(3) for form in _base64(raw, shift)}


def _base64(raw: bytes, shift: int) -> Iterator[bytes]:
    """What of it is the same whatever stands before and behind."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(b"\x00" * shift + raw)
        yield whole[4 if shift else 0 : len(whole) - 4]


def _rows(connection: psycopg.Connection) -> Iterator[tuple[str, bytes]]:
    tables = connection.execute("SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")
    for schema, table in tables.fetchall():
        for row in connection.execute(f'SELECT * FROM "{schema}"."{table}"'.encode()):
            yield f"{schema}.{table}", b" ".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row)
