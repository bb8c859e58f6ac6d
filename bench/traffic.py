"""Ordinary traffic at a steady rate, from a process of its own: what a measurement has beside it."""

import json
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from itertools import count
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

CHECK = {"action": "read", "resource": {"type": "project", "id": "p1"}}
# Of ten requests seven ask for a decision, two read, and one writes.
_CONNECTIONS = 10


class Client:
    """One lasting connection; answers the status."""

    def __init__(self, url: str, authorization: str = "") -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=10)
        self.authorization, self.data = authorization, dict[str, object]()

    def call(self, method: str, path: str, body: object = None, authorization: str = "") -> int:
        """``data`` has what came with it."""
        shown = authorization or self.authorization
        headers = {"Content-Type": "application/json"} | ({"Authorization": shown} if shown else {})
        response = self._answered(method, path, None if body is None else json.dumps(body), headers)
        text = response.read()
        self.data = json.loads(text) if text else {}
        return response.status

    def _answered(self, *request: Any) -> HTTPResponse:
        try:
            return self._sent(*request)
        except ConnectionError:
            # The gateway closes what was idle for long.
            self._connection.close()
            return self._sent(*request)

    def _sent(self, *request: Any) -> HTTPResponse:
        self._connection.request(*request)
        return self._connection.getresponse()


@dataclass
class Answers:
    """How many came in time, a second, while the traffic ran."""

    rate: float = 0.0


@contextmanager
def ordinary(urls: Sequence[str], authorization: str, workspaces: Sequence[str], rate: float) -> Iterator[Answers]:
    """To all the gateways in turn. Raises afterwards if any request was answered otherwise than well."""
    spawn = multiprocessing.get_context("spawn")
    answered, wrong, stop = spawn.Value("i", 0), spawn.Value("i", 0), spawn.Event()
    process = spawn.Process(target=_run, args=(tuple(urls), authorization, tuple(workspaces), rate, answered, wrong, stop))
    process.start()
    found = Answers()
    while not answered.value:
        time.sleep(0.01)
    first, began = answered.value, time.perf_counter()
    try:
        yield found
    finally:
        found.rate = (answered.value - first) / (time.perf_counter() - began)
        stop.set()
        process.join()
    if wrong.value:
        raise RuntimeError(f"{wrong.value} requests of the traffic were refused")


def _run(
    urls: Sequence[str], authorization: str, workspaces: Sequence[str], rate: float, answered: "Synchronized[int]",
    wrong: "Synchronized[int]", stop: Event,
) -> None:  # fmt: skip
    began = time.perf_counter()

    def send(number: int) -> None:
        client = Client(urls[number % len(urls)], authorization)
        for turn in count(number, _CONNECTIONS):
            if stop.wait(max(0.0, began + turn / rate - time.perf_counter())):
                return
            status = client.call(*_request(number, turn, f"/v1/workspaces/{workspaces[number % len(workspaces)]}"))
            tally = answered if status == 200 else wrong
            with tally.get_lock():
                tally.value += 1

    threads = [Thread(target=send, args=(number,)) for number in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _request(connection: int, turn: int, workspace: str) -> tuple[str, str, object]:
    if connection == 0:
        return "PATCH", workspace, {"name": f"Vision {turn}"}
    return ("GET", workspace, None) if connection < 3 else ("POST", f"{workspace}/check", CHECK)
