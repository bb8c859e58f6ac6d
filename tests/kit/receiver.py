"""A SIEM's end of a sink in a process of its own, which can be killed."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.servers import eventually, free_port, unwatch, watch

PROCESS = Path(__file__).with_name("receiver_process.py")


class Receiver:
    """Of one kind (tcp, tls or https), with a certificate of its own in ``folder``."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.folder, self.port = kind, folder, free_port()
        self._running: subprocess.Popen[bytes] | None = None
        _certify(folder)

    @property
    def taken(self) -> list[bytes]:
        path = self.folder / "taken"
        return path.read_bytes().splitlines() if path.exists() else []

    def start(self, die_after: int = 0) -> None:
        words = [sys.executable, "-IS", str(PROCESS), self.kind, str(self.port), str(self.folder), str(die_after)]
        running = self._running = subprocess.Popen(words, stdin=subprocess.DEVNULL)
        watch(running.pid)
        # Whoever sends to it may have been faster than we are, and it be dead again.
        eventually(lambda: running.poll() is not None or socket.create_connection(("127.0.0.1", self.port), 1).close() is None)

    def died(self) -> bool:
        assert self._running is not None
        return self._running.poll() == -signal.SIGKILL

    def stop(self) -> None:
        if self._running:
            self._running.kill()
            self._running.wait()
            unwatch(self._running.pid)


@contextmanager
def receiver(kind: str, folder: Path) -> Iterator[Receiver]:
    made = Receiver(kind, folder)
    try:
        yield made
    finally:
        made.stop()


def _certify(folder: Path) -> None:
    key, name, now = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "siem")]),
        datetime.now(UTC),
    )
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
