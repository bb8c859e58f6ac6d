"""A whole Gatehouse for the tests, as an operator would run it: in one process, or one process a service."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import requests

from services.chassis.errors import ServiceError, Unavailable
from services.chassis.rpc_client import RpcClient
from tests.servers import eventually, free_port, unwatch, watch

SERVICES = ("identity", "workspaces", "authz", "audit", "experiments", "vault")
SECRETS = {
    "GATEHOUSE_SECRET_KEY": "a secret key of the tests, 32 or more",
    "GATEHOUSE_SETUP_TOKEN": "the-setup-token-of-the-tests",
    "GATEHOUSE_VAULT_MASTER_KEY": "a-master-key-of-the-tests-32-bytes-long-aaa",
}


class Installation:
    def __init__(self, state: Path, **settings: str) -> None:
        self.state = state
        self.http = f"127.0.0.1:{free_port()}"
        self.environ = os.environ | {
            "GATEHOUSE_STATE": str(state),
            "GATEHOUSE_HTTP": self.http,
            # Tests name the address they come from, as a proxy would.
            "GATEHOUSE_TRUSTED_PROXIES": "1",
            "PYTHONWARNINGS": "ignore",
        }
        self.environ |= settings
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return f"http://{self.http}"

    @property
    def outbox(self) -> Path:
        return self.state / "outbox"

    @property
    def setup_token(self) -> str:
        return self.environ.get("GATEHOUSE_SETUP_TOKEN") or (self.state / "setup-token").read_text()

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Runs ``gatehouse`` with these words in the background."""
        with (self.state / f"{'-'.join(words)}.output").open("ab") as output:
            process = subprocess.Popen(self._command(*words), env=self.environ, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        watch(process.pid)
        self.processes[" ".join(words)] = process
        return process

    def run(self, *words: str) -> str:
        """Runs ``gatehouse`` with these words to its end, which must be a good one."""
        done = subprocess.run(self._command(*words), env=self.environ, capture_output=True, text=True, timeout=100)
        if done.returncode:
            raise RuntimeError(f"gatehouse {' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def ready(self) -> bool:
        dead = [name for name, process in self.processes.items() if process.poll() is not None]
        if dead:
            raise RuntimeError(f"{dead} ended; see {self.state}")
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=30)
            finally:
                process.kill()
                unwatch(process.pid)
        self.processes.clear()

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "gatehouse.cli", *words]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@contextmanager
def embedded(state: Path, **settings: str) -> Iterator[Installation]:
    with Installation(state, **settings) as installation:
        installation.start("up")
        eventually(installation.ready, within=60)
        yield installation


@contextmanager
def distributed(state: Path, database_url: str, amqp_url: str, **settings: str) -> Iterator[Installation]:
    with Installation(state, DATABASE_URL=database_url, AMQP_URL=amqp_url, **SECRETS, **settings) as installation:
        installation.run("migrate")
        for service in SERVICES:
            installation.start("serve", service)
            installation.start("work", service)
        installation.start("serve", "gateway")
        eventually(installation.ready, within=60)
        _await_services(amqp_url)
        yield installation


def _await_services(amqp_url: str) -> None:
    client = RpcClient(amqp_url, timeout=5)

    def answers(service: str) -> bool:
        try:
            client.call(service, "events_after", {"position": 0, "limit": 1})
        except Unavailable:
            return False
        except ServiceError:
            return True  # refused, but by the service itself
        return True

    for service in SERVICES:
        eventually(lambda service=service: answers(service), within=60)  # type: ignore[misc]
    client.close()
