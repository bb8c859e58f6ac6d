"""Starts ``tests.kit.echo`` and makes calls through it."""

import json
import socket
import subprocess
import sys
from typing import Any, Self

from services.chassis import errors
from services.chassis.rpc_client import Answer
from tests.servers import unwatch, watch


class EchoProcess:
    """The service and, beside it, a client under eventlet: its ``call`` is RpcClient's, from any number of threads."""

    def __init__(self, url: str, name: str = "echo") -> None:
        command = [sys.executable, "-W", "ignore", "-m", "tests.kit.echo", url, name]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        watch(self._process.pid)
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def call(self, service: str, method: str, payload: dict[str, Any], **context: str) -> Answer:
        told = self._perform({"service": service, "method": method, "payload": payload, "context": context})
        if "error" in told:
            raise getattr(errors, told["error"])(*told["args"])
        return Answer(told["data"], told["position"])

    @property
    def pending(self) -> int:
        return int(self._perform({"pending": True})["pending"])

    def terminate(self) -> None:
        """Asks it to end in good order, as a supervisor would."""
        self._process.terminate()

    def ended(self) -> int:
        return self._process.wait(timeout=20)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        unwatch(self._process.pid)

    def _perform(self, order: dict[str, Any]) -> dict[str, Any]:
        with socket.create_connection(("127.0.0.1", self._port), timeout=20) as connection, connection.makefile("rwb") as lines:
            lines.write(json.dumps(order).encode() + b"\n")
            lines.flush()
            told: dict[str, Any] = json.loads(lines.readline())
            return told
