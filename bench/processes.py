"""Child processes: what ``gatehouse serve`` and ``work`` start, and what the baselines consist of."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import requests

from tests.servers import eventually, unwatch, watch

ROOT = Path(__file__).parent.parent
GATEHOUSE = ("-c", "from gatehouse.cli import main; main()")


class Processes:
    """Ended together, the last started first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, words: Sequence[str], environ: Mapping[str, str]) -> None:
        with (self.folder / f"{name.replace(' ', '-')}.log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        watch(child.pid)
        self._running[name] = child

    @property
    def pids(self) -> dict[str, int]:
        return {name: child.pid for name, child in self._running.items()}

    def wait(self) -> None:
        for name, child in self._running.items():
            if child.wait():
                raise RuntimeError(f"{name} failed; its log is in {self.folder}")
            unwatch(child.pid)
        self._running.clear()

    def stop(self) -> None:
        for name in reversed(list(self._running)):
            child = self._running.pop(name)
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(timeout=20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            unwatch(child.pid)


def await_answer(url: str) -> None:
    eventually(lambda: requests.get(url, timeout=2).ok, within=60)
