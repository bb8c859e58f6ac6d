"""Entries as lines in the body of a POST, signed as Standard Webhooks are."""

import time
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from services.audit.sinks.targets import Remote, Undelivered
from services.chassis.views import Row

_PREFIX = "whsec_"
_LONGEST_ANSWER = 65_536


@dataclass(frozen=True, kw_only=True)
class HttpsTarget(Remote):
    url: str
    secret_file: Path | None
    authorization_file: Path | None

    @property
    def where(self) -> str:
        # What stands behind a question mark may be a token.
        return self.url.partition("?")[0]

    def frame(self, row: Row) -> bytes:
        return self.line(row).encode() + b"\n"

    def deliver(self, payload: bytes) -> None:
        """Whatever is not a 2xx is a refusal, a redirect too: it could lead inside."""
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "", parts.port or 443)
        # Its own way of connecting would ask nobody whether it may.
        connection.sock, connection.auto_open = self.reach(connection.host, connection.port), 0
        try:
            connection.request("POST", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", payload, self._headers(payload))
            answer = connection.getresponse()
            answer.read(_LONGEST_ANSWER)
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            raise Undelivered(f"it answered {answer.status}")

    def _headers(self, payload: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/x-ndjson", "User-Agent": "gatehouse"}
        try:
            if self.authorization_file:
                headers["Authorization"] = self.authorization_file.read_text().strip()
            if self.secret_file:
                headers |= signature(signing_key(self.secret_file), int(time.time()), payload)
        except ValueError as error:
            raise Undelivered(str(error)) from None
        return headers


def signature(key: bytes, now: int, payload: bytes) -> dict[str, str]:
    """The id is the same when the same entries are sent again, the time is not: who remembers ids for as long as it believes times,
    some minutes, takes nothing twice."""
    id = f"msg_{sha256(payload).hexdigest()[:32]}"
    mac = digest(key, f"{id}.{now}.".encode() + payload, "sha256")
    return {"webhook-id": id, "webhook-timestamp": str(now), "webhook-signature": f"v1,{b64encode(mac).decode()}"}


def signing_key(path: Path) -> bytes:
    """Raises ValueError, which does not tell what it has read."""
    try:
        key = b64decode(path.read_text().strip().removeprefix(_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not 24 <= len(key) <= 64:
        raise ValueError(f"{path} holds no secret: write {_PREFIX} and 32 random bytes in base64 into it")
    return key
