"""What the sender asks of a receiver, and what several kinds of them share."""

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from services.audit.formats import Line
from services.chassis import outbound
from services.chassis.outbound import Network
from services.chassis.views import Row

# Seconds for each step of a delivery.
PATIENCE = 30.0


class Undelivered(Exception):
    """The receiver did not take it; the message is fit for a log."""


class Target(Protocol):
    @property
    def where(self) -> str:
        """For people."""

    def frame(self, row: Row) -> bytes:
        """What of a payload is this entry's."""

    def deliver(self, payload: bytes) -> None:
        """Returns once the receiver has it. Raises Undelivered, OSError or HTTPException if that is not sure."""


@dataclass(frozen=True, kw_only=True)
class Remote:
    """A receiver on the network: reached nowhere but at public addresses and in the allowed networks."""

    ca_file: Path | None
    certificate_file: Path | None
    key_file: Path | None
    line: Line
    networks: tuple[Network, ...]

    def reach(self, host: str, port: int, *, secure: bool = True) -> socket.socket:
        connection = outbound.connect(host, port, PATIENCE, self.networks)
        try:
            return self._tls().wrap_socket(connection, server_hostname=host) if secure else connection
        except OSError:
            connection.close()
            raise

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.certificate_file:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context
