"""A SIEM's end of a sink in a process of its own, which can be killed: ``python -m tests.kit.receiver KIND PORT FOLDER DIE_AFTER``.

It writes each entry down before it takes the next, and kills itself in the middle of a delivery after so many.
"""

import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.servers import eventually, free_port, unwatch, watch


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
        words = [sys.executable, "-m", "tests.kit.receiver", self.kind, str(self.port), str(self.folder), str(die_after)]
        self._running = subprocess.Popen(words, stdin=subprocess.DEVNULL)
        watch(self._running.pid)
        eventually(lambda: socket.create_connection(("127.0.0.1", self.port), 1).close() is None)

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


class _Taken:
    def __init__(self, folder: Path, die_after: int) -> None:
        self._file = (folder / "taken").open("ab", buffering=0)
        self._left = die_after

    def take(self, entry: bytes) -> None:
        self._file.write(entry + b"\n")
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _syslog(server: socket.socket, taken: _Taken, context: ssl.SSLContext | None) -> None:
    while True:
        connection, _ = server.accept()
        try:
            wrapped = context.wrap_socket(connection, server_side=True) if context else connection
            file = wrapped.makefile("rb")
            while count := b"".join(iter(lambda file=file: file.read(1).strip(), b"")):  # type: ignore[misc]
                taken.take(file.read(int(count)))
            file.close()
            if isinstance(wrapped, ssl.SSLSocket):
                wrapped.unwrap()
            wrapped.close()
        except OSError:
            connection.close()


def _https(server: socket.socket, taken: _Taken, folder: Path, context: ssl.SSLContext) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            (folder / "headers").write_text("".join(f"{name}: {value}\n" for name, value in self.headers.items()))
            (folder / "body").write_bytes(body)
            if self.path == "/elsewhere":
                self.send_response(302)
                self.send_header("Location", "/collect")
            else:
                for line in body.splitlines():
                    taken.take(line)
                self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    httpd = HTTPServer(server.getsockname(), Handler, bind_and_activate=False)
    httpd.socket.close()
    httpd.socket = context.wrap_socket(server, server_side=True)
    httpd.serve_forever()


def main() -> None:
    kind, port, folder, die_after = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    taken = _Taken(folder, die_after)
    with socket.create_server(("127.0.0.1", port)) as server:
        if kind == "https":
            _https(server, taken, folder, context)
        else:
            _syslog(server, taken, context if kind == "tls" else None)


if __name__ == "__main__":
    main()
