"""An HTTP client for load: lasting connections in one thread, almost nothing done beside sending and waiting."""

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Request = Callable[[int, int], bytes]


@dataclass
class Connection:
    number: int
    sock: socket.socket
    sent: int = 0
    received: bytearray = field(default_factory=bytearray)


class Load:
    """``request(connection, n)`` makes the n-th request of a connection. Every answer must have one of the expected statuses."""

    def __init__(self, url: str, connections: int, request: Request, expected: tuple[int, ...] = (200,)) -> None:
        parts = urlsplit(url)
        self._request, self._expected = request, expected
        self.answered = 0
        self._selector = selectors.DefaultSelector()
        self._connections = []
        for number in range(connections):
            sock = socket.create_connection((parts.hostname or "", parts.port or 80))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(number, sock)
            self._selector.register(sock, selectors.EVENT_READ, connection)
            self._connections.append(connection)

    def rate(self, seconds: float) -> float:
        """Answers a second; each connection asks as soon as it has its answer."""
        began = time.perf_counter()
        for connection in self._connections:
            self._send(connection)
        already, waiting = self.answered, len(self._connections)
        while waiting:
            for key, _ in self._selector.select():
                if self._answered(key.data):
                    self.answered += 1
                    if time.perf_counter() - began < seconds:
                        self._send(key.data)
                    else:
                        waiting -= 1
        return (self.answered - already) / (time.perf_counter() - began)

    def close(self) -> None:
        for connection in self._connections:
            connection.sock.close()
        self._selector.close()

    def _send(self, connection: Connection) -> None:
        connection.sock.sendall(self._request(connection.number, connection.sent))
        connection.sent += 1

    def _answered(self, connection: Connection) -> bool:
        data = connection.received
        data += connection.sock.recv(65_536) or _ended()
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(data[:end]).lower()
        if len(data) < end + 4 + int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]):
            return False
        if int(head.split(b" ", 2)[1]) not in self._expected:
            raise RuntimeError(bytes(data).decode())
        data.clear()
        return True


def post(url: str, body: bytes, *headers: str) -> bytes:
    parts = urlsplit(url)
    lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def get(url: str, *headers: str) -> bytes:
    parts = urlsplit(url)
    return "\r\n".join([f"GET {parts.path} HTTP/1.1", f"Host: {parts.netloc}", *headers, "", ""]).encode()


def _ended() -> bytes:
    raise ConnectionError("the server closed the connection")
