"""``python receiver_process.py KIND PORT FOLDER DIE_AFTER``: a SIEM's end of a sink. With little to import it starts fast.

It writes each entry down before it takes the next, and kills itself in the middle of a delivery after so many.
"""

import os
import signal
import socket
import ssl
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


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
