"""Stripe as a server of the tests' own: localstripe, and before it a front that adds what localstripe lacks.

That is: keys that make a request once, the page on which a card is given (Checkout), lists of one customer's payments, events in which
the page tells that it is done. And what can go wrong with a server: it is slow, fails, or its answer is lost.
"""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import requests

from tests.conformance import environments
from tests.servers import eventually, free_port, serving, unwatch, watch

KEY, SECRET = "sk_test_of_the_tests", "whsec_of_the_tests"
GOOD, DECLINED, ASKS_ITS_OWNER = "4242424242424242", "4000000000000341", "4000002500003155"
_RUN = "from aiohttp import web; from localstripe.server import app; web.run_app(app, host='127.0.0.1', port={port}, print=None)"
Answer = tuple[int, bytes]


class Stripe:
    def __init__(self, backend: str) -> None:
        self.url, self._backend = "", backend
        self.calls: list[tuple[str, str]] = []
        self.bodies: list[str] = []
        self.fails_with, self.slow, self.answers_lost = 0, 0.0, 0
        self._kept: dict[str, tuple[bytes, Answer]] = {}
        self._pages: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._given: dict[str, int] = {}

    def settings(self) -> dict[str, str]:
        return {"payment_provider": "stripe", "stripe_secret_key": KEY, "stripe_webhook_secret": SECRET, "stripe_url": self.url}

    def ask(self, method: str, path: str, **data: Any) -> Any:
        """As another client of the same account."""
        answer = requests.request(method, f"{self._backend}{path}", data=data or None, auth=(KEY, ""), timeout=10)
        answer.raise_for_status()
        return answer.json()

    def paid(self, customer: str) -> list[int]:
        """The amounts that were taken."""
        charges = self.ask("GET", f"/v1/charges?limit=100&customer={customer}")["data"]
        return [charge["amount"] for charge in reversed(charges) if charge["status"] == "succeeded"]

    def payments(self, customer: str) -> list[dict[str, Any]]:
        """The last comes first."""
        return [intent for intent in self.ask("GET", "/v1/payment_intents?limit=100")["data"] if intent["customer"] == customer]

    def heal(self) -> None:
        self.fails_with, self.slow, self.answers_lost = 0, 0.0, 0

    def forget_keys(self) -> None:
        """As it does after a day."""
        self._kept.clear()

    def give_card(self, page_url: str, number: str = GOOD) -> dict[str, Any]:
        """What somebody does on the page; the event that tells of it. No two cards of one customer are of the same second."""
        page = self._pages[page_url.rpartition("/")[2]]
        eventually(lambda: int(time.time()) > self._given.get(page["customer"], 0))
        self._given[page["customer"]] = int(time.time())
        card = {f"card[{name}]": value for name, value in {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}.items()}
        method = self.ask("POST", "/v1/payment_methods", type="card", **card)
        self.ask("POST", f"/v1/payment_methods/{method['id']}/attach", customer=page["customer"])
        self.ask("POST", f"/v1/setup_intents/{page['setup_intent']}/confirm", payment_method=method["id"])
        page["status"] = "complete"
        return event("checkout.session.completed", page)

    def answer(self, method: str, target: str, body: bytes, key: str, shown: str = f"Bearer {KEY}") -> Answer | None:
        """None: the connection ends without an answer."""
        self.calls.append((method, urlsplit(target).path))
        self.bodies.append(body.decode())
        time.sleep(self.slow)
        if shown != f"Bearer {KEY}":
            return 401, b'{"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}'
        if self.fails_with:
            return self.fails_with, b'{"error": {"type": "api_error", "message": "made to fail"}}'
        found = self._once(key, target, body) if method == "POST" and key else self._done(method, target, body)
        if method == "POST" and self.answers_lost:
            self.answers_lost -= 1
            return None
        return found

    def _once(self, key: str, target: str, body: bytes) -> Answer:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = (body, self._done("POST", target, body))
            sent, found = self._kept[key]
        if sent != body:
            return 400, b'{"error": {"type": "idempotency_error", "message": "the same key, and other parameters"}}'
        return found

    def _done(self, method: str, target: str, body: bytes) -> Answer:
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if path.startswith("/v1/checkout/sessions"):
            return self._page(path.rpartition("/")[2], parse_qs(body.decode()))
        if method == "GET" and path == "/v1/payment_intents":
            found = self.payments(query["customer"][0])
            return 200, json.dumps({"object": "list", "url": path, "has_more": False, "data": found}).encode()
        return self._forwarded(method, target, body)

    def _page(self, id: str, asked: dict[str, list[str]]) -> Answer:
        if id == "sessions":
            intent = self.ask("POST", "/v1/setup_intents", customer=asked["customer"][0])
            id = f"cs_test_{uuid4().hex}"
            self._pages[id] = {"id": id, "object": "checkout.session", "status": "open", "mode": asked["mode"][0]}
            self._pages[id] |= {"customer": asked["customer"][0], "setup_intent": intent["id"], "url": f"{self.url}/pay/{id}"}
            return 200, json.dumps(self._pages[id]).encode()
        if id not in self._pages:
            return 404, b'{"error": {"type": "invalid_request_error", "code": "resource_missing"}}'
        intent = self.ask("GET", f"/v1/setup_intents/{self._pages[id]['setup_intent']}?expand[]=payment_method")
        return 200, json.dumps(self._pages[id] | {"setup_intent": intent}).encode()

    def _forwarded(self, method: str, target: str, body: bytes) -> Answer:
        connection = HTTPConnection(urlsplit(self._backend).netloc, timeout=10)
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found


def event(kind: str, about: dict[str, Any], id: str = "", **more: Any) -> dict[str, Any]:
    return {
        "id": id or f"evt_{uuid4().hex}",
        "object": "event",
        "type": kind,
        "data": {"object": about},
        "created": int(time.time()),
        **more,
    }


@contextmanager
def stripe() -> Iterator[Stripe]:
    port = free_port()
    words = [environments.python("localstripe"), "-c", _RUN.format(port=port)]
    backend = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=Path("/tmp"))
    watch(backend.pid)
    double = Stripe(f"http://127.0.0.1:{port}")
    try:
        eventually(lambda: requests.get(f"http://127.0.0.1:{port}/v1/balance", auth=(KEY, ""), timeout=5).ok)
        with _served(double):
            yield double
    finally:
        backend.terminate()
        backend.wait(timeout=10)
        unwatch(backend.pid)


@contextmanager
def _served(double: Stripe) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found = double.answer(self.command, self.path, body, self.headers.get("Idempotency-Key", ""), self.headers["Authorization"])
            if found is None:
                self.close_connection = True
                return
            self.send_response(found[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(found[1])))
            self.end_headers()
            self.wfile.write(found[1])

        do_GET = do_POST = do_DELETE = _any

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double.url = f"http://127.0.0.1:{server.server_port}"
    with serving(server):
        yield
