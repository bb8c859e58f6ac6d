"""/healthz, /readyz and /metrics of a process that serves no other HTTP."""

import json
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.chassis.settings import SettingError

Problems = Callable[[], dict[str, str]]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: probes come every few seconds."""


def serve(address: str, problems: Problems) -> None:
    """Answers in the background until the process ends; an empty address serves nothing."""
    if address:
        host, _, port = address.rpartition(":")
        try:
            server = make_server(host, int(port), application(problems), server_class=_Server, handler_class=_Quiet)
        except (OSError, OverflowError) as error:
            raise SettingError(f"GATEHOUSE_OPS: cannot listen at {address}: {getattr(error, 'strerror', None) or error}") from None
        threading.Thread(target=server.serve_forever, name="ops", daemon=True).start()


def application(problems: Problems) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        status, kind, body = _route(environ.get("PATH_INFO", ""), problems)
        start_response(status, [("Content-Type", kind), ("Cache-Control", "no-store")])
        return [body]

    return answer


def _route(path: str, problems: Problems) -> tuple[str, str, bytes]:
    if path == "/healthz":
        return "200 OK", "application/json", b'{"status": "alive"}'
    if path == "/metrics":
        return "200 OK", CONTENT_TYPE_LATEST, generate_latest()
    if path != "/readyz":
        return "404 Not Found", "application/json", b"{}"
    found = problems()
    body = json.dumps({"status": "not ready" if found else "ready", "problems": found}).encode()
    return "503 Service Unavailable" if found else "200 OK", "application/json", body
