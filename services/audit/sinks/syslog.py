"""Syslog messages (RFC 5424) over TCP or TLS, counted octets before each (RFC 6587, RFC 5425)."""

import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from services.audit.proof.heads import moment
from services.audit.sinks.targets import Remote
from services.chassis.views import Row

# Facility 13, log audit; severity 6, informational, or 4, warning.
_TOLD, _REFUSED = 13 * 8 + 6, 13 * 8 + 4
_HOST = socket.gethostname()[:255] or "-"


@dataclass(frozen=True, kw_only=True)
class SyslogTarget(Remote):
    address: str
    tls: bool

    @property
    def where(self) -> str:
        return f"{self.address} ({'TLS' if self.tls else 'TCP'})"

    def frame(self, row: Row) -> bytes:
        said = message(row, self.line(row))
        return b"%d %b" % (len(said), said)

    def deliver(self, payload: bytes) -> None:
        """Syslog knows no receipt. A connection that the receiver ends after it has read the end of ours comes nearest. Where it did not
        say so by a TLS alert, the end of a process that was killed looks alike: then somebody has to take another connection as well."""
        with self._connected() as connection:
            connection.sendall(payload)
            told = _ended(connection)
        if not told:
            with self._connected() as another:
                _ended(another)

    def _connected(self) -> socket.socket:
        parts = urlsplit(f"//{self.address}")
        return self.reach(parts.hostname or "", parts.port or 0, secure=self.tls)


def message(row: Row, line: str) -> bytes:
    """With a byte order mark where the text needs it to be known as UTF-8."""
    priority = _REFUSED if row["type"].endswith("refused") else _TOLD
    # MSGID has at most 32 characters: the service is told before it.
    service, _, type = row["type"].partition(".")
    head = f"<{priority}>1 {moment(row['time'])} {_HOST} gatehouse {service} {type[:32]} - "
    return head.encode() + (line.encode() if line.isascii() else b"\xef\xbb\xbf" + line.encode())


def _ended(connection: socket.socket) -> bool:
    """Returns when the receiver has closed too; whether it said so, as only a program that still runs can."""
    if isinstance(connection, ssl.SSLSocket):
        try:
            connection.unwrap()
        except (ConnectionError, TimeoutError):
            raise
        except OSError:
            return False
        return True
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(4096):
        pass
    return False
