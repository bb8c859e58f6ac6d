"""A whole Gatehouse for the tests, as an operator would run it: in one process, or one process a service."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatehouse import registry
from services.chassis.errors import ServiceError, Unavailable
from services.chassis.rpc_client import RpcClient
from tests.kit.processes import GATEHOUSE, ROOT, Process
from tests.servers import eventually, free_port

SECRETS = {
    "GATEHOUSE_SECRET_KEY": "a secret key of the tests, 32 or more",
    "GATEHOUSE_SETUP_TOKEN": "the-setup-token-of-the-tests",
    "GATEHOUSE_VAULT_MASTER_KEY": "a-master-key-of-the-tests-32-bytes-long-aaa",
}


class Installation:
    """Processes with the same settings, which are given by the names of their variables."""

    def __init__(self, state: Path, **settings: str) -> None:
        self.state, self.outbox = state, state / "outbox"
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "PYTHONWARNINGS": "ignore",
            "GATEHOUSE_STATE": str(state),
            "GATEHOUSE_HTTP": f"127.0.0.1:{free_port()}",
            # Tests name the address they come from, as a proxy would.
            "GATEHOUSE_TRUSTED_PROXIES": "1",
        } | settings
        self.http = self.environ["GATEHOUSE_HTTP"]
        self.url = f"http://{self.http}"
        self._processes: list[Process] = []

    @property
    def setup_token(self) -> str:
        return self.environ.get("GATEHOUSE_SETUP_TOKEN") or (self.state / "setup-token").read_text()

    @property
    def gateway(self) -> Process:
        return self._process("serve gateway")

    def service(self, name: str) -> Process:
        return self._process(f"serve {name}")

    def worker(self, name: str) -> Process:
        return self._process(f"work {name}")

    def decisions_remembered(self) -> float:
        """How often the gateway has told without asking who may do what."""
        return self.gateway.metric("gatehouse_access_cache_lookups_total", memory="decisions", outcome="hit")

    def __iter__(self) -> Iterator[Process]:
        return iter(self._processes)

    def add(self, *words: str) -> Process:
        """A process that is not started yet; there may be others with the same words."""
        address = self.http if words in (("up",), ("serve", "gateway")) else f"127.0.0.1:{free_port()}"
        log = self.state / f"{'-'.join(words)}-{address.rpartition(':')[2]}.log"
        self._processes.append(process := Process(words, self.environ | {"GATEHOUSE_OPS": address}, address, log))
        return process

    def dismiss(self, process: Process) -> None:
        process.stop()
        self._processes.remove(process)

    def start(self) -> None:
        """Whatever does not run is started; returns when all are ready."""
        for process in self:
            if not process.alive:
                process.start()
        self.await_ready()

    def await_ready(self) -> None:
        for process in self:
            process.await_ready()

    def stop(self) -> None:
        for process in self:
            if process.alive:
                process.terminate()
        for process in self:
            process.stop()

    def command(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """The command line, as an operator uses it."""
        return subprocess.run([*GATEHOUSE, *words], env=self.environ | environ, cwd=ROOT, capture_output=True, text=True, timeout=100)

    def run(self, *words: str) -> str:
        """What a command prints that must come to a good end."""
        done = self.command(*words)
        assert done.returncode == 0, f"gatehouse {' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _process(self, name: str) -> Process:
        return next(process for process in self if process.name == name)


@contextmanager
def running(installation: Installation) -> Iterator[Installation]:
    try:
        installation.start()
        yield installation
    finally:
        installation.stop()


@contextmanager
def embedded(state: Path, **settings: str) -> Iterator[Installation]:
    installation = Installation(state, **settings)
    installation.add("up")
    with running(installation):
        yield installation


@contextmanager
def distributed(state: Path, database_url: str, amqp_url: str, **settings: str) -> Iterator[Installation]:
    installation = Installation(state, DATABASE_URL=database_url, AMQP_URL=amqp_url, **SECRETS, **settings)
    installation.run("migrate")
    for words in [("serve", "gateway"), *((verb, name) for verb in ("serve", "work") for name in registry.SERVICES)]:
        installation.add(*words)
    with running(installation):
        _await_services(amqp_url)
        yield installation


def _await_services(amqp_url: str) -> None:
    """A process is ready a moment before its service takes calls."""
    client = RpcClient(amqp_url, timeout=5)

    def answers(service: str) -> bool:
        try:
            client.call(service, "events_after", {"position": 0, "limit": 1})
        except Unavailable:
            return False
        except ServiceError:
            return True  # refused, but by the service itself
        return True

    for service in registry.SERVICES:
        eventually(lambda service=service: answers(service), within=60)  # type: ignore[misc]
    client.close()


@contextmanager
def second_gateway(first: Installation) -> Iterator[Installation]:
    """Of the same installation; only what it adds is started and stopped."""
    other = Installation(first.state, **first.environ | {"GATEHOUSE_HTTP": f"127.0.0.1:{free_port()}", "GATEHOUSE_PUBLIC_URL": first.url})
    other.add("serve", "gateway")
    with running(other):
        yield other
