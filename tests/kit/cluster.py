"""The distributed mode as it is deployed: a process for every service, every worker and the gateway, each to be killed at will."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from gatehouse import registry
from tests.servers import eventually, free_port, unwatch, watch

ROOT = Path(__file__).parents[2]
GATEHOUSE = (sys.executable, "-m", "gatehouse.cli")
SETUP_TOKEN = "the-setup-token-of-the-tests"


class Process:
    """One process of an installation; once ended it can be started again, at the same addresses."""

    def __init__(self, words: tuple[str, ...], environ: dict[str, str], address: str, log: Path) -> None:
        self.name, self.address, self.log = " ".join(words), address, log
        self._words, self._environ = words, environ
        self._running: subprocess.Popen[bytes] | None = None

    def start(self, **environ: str) -> None:
        """Returns before it is ready. Settings given here hold until its next start."""
        with self.log.open("ab") as log:
            self._running = subprocess.Popen([*GATEHOUSE, *self._words], env=self._environ | environ, cwd=ROOT, stdout=log, stderr=log)
        watch(self._running.pid)

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.pid

    @property
    def alive(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def readiness(self) -> tuple[int, dict[str, Any]]:
        response = requests.get(f"http://{self.address}/readyz", timeout=10)
        return response.status_code, response.json()

    @property
    def ready(self) -> bool:
        if not self.alive:
            raise RuntimeError(f"{self.name} has ended; its log is {self.log}")
        return self.readiness()[0] == 200

    def await_ready(self) -> None:
        def ready() -> bool:
            if not self.ready:
                raise RuntimeError(f"{self.name}: {self.readiness()}; its log is {self.log}")
            return True

        eventually(ready, within=60)

    def metric(self, name: str, **labels: str) -> float:
        """The sum of the samples with these labels; 0 if there is none."""
        text = requests.get(f"http://{self.address}/metrics", timeout=10).text
        samples = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", text, re.MULTILINE)
        return sum(float(value) for found, value in samples if all(f'{key}="{wanted}"' in found for key, wanted in labels.items()))

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def terminate(self) -> None:
        """Asks it to end, as a supervisor would; see ``ended``."""
        assert self._running is not None
        self._running.terminate()

    def ended(self, within: float = 30) -> int:
        """Its exit code, minus the signal's number if one ended it."""
        assert self._running is not None
        code = self._running.wait(timeout=within)
        unwatch(self._running.pid)
        return code

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        if self.alive and self._running is not None:
            self._running.send_signal(number)
            try:
                self.ended()
            except subprocess.TimeoutExpired:
                self._running.kill()
                self.ended()


class Cluster:
    """An installation: over a database and a broker of its own, its state and logs in ``folder``. ``settings`` are GATEHOUSE_…"""

    def __init__(self, folder: Path, database_url: str, amqp_url: str, **settings: str) -> None:
        self.folder, self.outbox = folder, folder / "state" / "outbox"
        self.http = f"127.0.0.1:{free_port()}"
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "PYTHONWARNINGS": "ignore",
            "DATABASE_URL": database_url,
            "AMQP_URL": amqp_url,
            "GATEHOUSE_SECRET_KEY": "k" * 32,
            "GATEHOUSE_VAULT_MASTER_KEY": "k" * 42 + "g",
            "GATEHOUSE_STATE": str(folder / "state"),
            "GATEHOUSE_HTTP": self.http,
            "GATEHOUSE_SETUP_TOKEN": SETUP_TOKEN,
            **{f"GATEHOUSE_{name.upper()}": value for name, value in settings.items()},
        }
        self.gateway = self._process("serve", "gateway", address=self.http)
        self._serving = {name: self._process("serve", name) for name in registry.SERVICES}
        self._working = {name: self._process("work", name) for name in registry.SERVICES}
        self._replicas: list[Process] = []

    @property
    def url(self) -> str:
        return f"http://{self.http}"

    def service(self, name: str) -> Process:
        return self._serving[name]

    def worker(self, name: str) -> Process:
        return self._working[name]

    def __iter__(self) -> Iterator[Process]:
        return iter([self.gateway, *self._serving.values(), *self._working.values(), *self._replicas])

    def replica(self, verb: str, name: str) -> Process:
        """One more process beside the first of its kind, not yet started."""
        self._replicas.append(process := self._process(verb, name))
        return process

    def dismiss(self, replica: Process) -> None:
        replica.stop()
        self._replicas.remove(replica)

    def migrate(self) -> None:
        done = self.command("migrate")
        assert done.returncode == 0, done.stderr

    def command(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """The command line, as an operator uses it."""
        return subprocess.run([*GATEHOUSE, *words], env=self.environ | environ, cwd=ROOT, capture_output=True, text=True, timeout=60)

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

    def _process(self, *words: str, address: str = "") -> Process:
        address = address or f"127.0.0.1:{free_port()}"
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / f"{'-'.join(words)}-{address.rpartition(':')[2]}.log"
        return Process(words, self.environ | {"GATEHOUSE_OPS": address}, address, log)
