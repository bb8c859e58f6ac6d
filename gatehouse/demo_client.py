"""What the demonstration uses to speak to Gatehouse: plain HTTP, and the mails it writes."""

import json
import re
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 20.0


class DemoError(Exception):
    """The demonstration cannot go on; the message says why."""


@dataclass(frozen=True)
class Reply:
    method: str
    path: str
    status: int
    body: dict[str, Any]
    milliseconds: float
    correlation_id: str


@dataclass
class Person:
    """Somebody with a connection of their own, and a session once signed in."""

    name: str
    url: str
    email: str = ""
    password: str = ""
    account: dict[str, Any] = field(default_factory=dict)
    token: str = ""
    _connection: HTTPConnection | None = None

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Reply:
        headers = {"User-Agent": f"gatehouse-demo ({self.name})"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        began = time.perf_counter()
        try:
            return self._call(method, path, json.dumps(body) if body is not None else None, headers, began)
        except (OSError, HTTPException, ValueError) as error:
            raise DemoError(
                f"{self.url} does not answer as Gatehouse would ({type(error).__name__}): is it running? Try 'make run'."
            ) from None

    def _call(self, method: str, path: str, body: str | None, headers: dict[str, str], began: float) -> Reply:
        connection = self._connection = self._connection or self._connect()
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        text = response.read()
        milliseconds = (time.perf_counter() - began) * 1000
        correlation_id = response.getheader("X-Correlation-ID", "")
        return Reply(method, path, response.status, json.loads(text) if text else {}, milliseconds, correlation_id)

    def _connect(self) -> HTTPConnection:
        parts = urlsplit(self.url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        return kind(parts.hostname or "127.0.0.1", parts.port, timeout=30)


class Outbox:
    """The folder where a Gatehouse without a mail server leaves its mails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def token(self, to: str, link: str) -> str:
        """The token in the newest mail to this address that has such a link; waits for the mail to be written."""
        deadline = time.monotonic() + PATIENCE
        others: set[Path] = set()
        while time.monotonic() < deadline:
            # There may be thousands, and each is read once.
            fresh = [path for path in self.folder.glob("*.eml") if path not in others]
            for path in sorted(fresh, key=lambda p: p.stat().st_mtime, reverse=True):
                if found := self._token(path, to, link):
                    return found
            others.update(fresh)
            time.sleep(0.05)
        raise DemoError(f"no mail to {to} appeared in {self.folder}: name the folder with --mail-dir, or verify the address yourself.")

    def _token(self, path: Path, to: str, link: str) -> str | None:
        raw = path.read_bytes()
        # Most mails are to others, and to read them as mails takes a thousand times as long.
        if f"\nTo: {to}\n".casefold() not in raw.partition(b"\n\n")[0].decode().casefold():
            return None
        plain = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
        found = re.search(re.escape(link) + r"([\w.=~-]+)", plain.get_content() if plain else "")
        return found[1] if found else None
