"""A process of an installation, to be watched, asked and killed at will."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

from tests.servers import eventually, unwatch, watch

ROOT = Path(__file__).parents[2]
GATEHOUSE = (sys.executable, "-m", "gatehouse.cli")


class Process:
    """``gatehouse`` with these words. Once ended it can be started again, at the same addresses."""

    def __init__(self, words: tuple[str, ...], environ: dict[str, str], address: str, log: Path) -> None:
        self.name, self.address, self.log = " ".join(words), address, log
        self._words, self._environ = words, environ
        self._running: subprocess.Popen[bytes] | None = None

    def start(self, **environ: str) -> None:
        """Returns before it is ready. Settings given here hold until its next start."""
        command = [*GATEHOUSE, *self._words]
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                command, env=self._environ | environ, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
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

    def await_ready(self) -> None:
        def settled() -> bool:
            if self.alive and (told := self.readiness())[0] != 200:
                raise RuntimeError(f"{self.name}: {told}; its log is {self.log}")
            return True

        # Several workers may start a dozen processes each, at the same time.
        eventually(settled, within=180)
        if not self.alive:
            raise RuntimeError(f"{self.name} has ended; its log is {self.log}")

    def metric(self, name: str, **labels: str) -> float:
        """The sum of the samples with these labels; 0 if there is none."""
        text = requests.get(f"http://{self.address}/metrics", timeout=10).text
        samples = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", text, re.MULTILINE)
        return sum(float(value) for found, value in samples if all(f'{key}="{wanted}"' in found for key, wanted in labels.items()))

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """It goes on where it was after ``resume``; meanwhile its connections stay open and nobody answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

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
