"""Ends what a test run has started, even if the run itself is killed: a child process that waits for our end of a pipe to close."""

import contextlib
import functools
import os
import signal
import subprocess
import sys


@functools.cache
def _reaper() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, text=True, start_new_session=True)


def watch(pid: int) -> None:
    """Kill this process when the test run is over, however it ends."""
    _tell(f"+{pid}")


def unwatch(pid: int) -> None:
    """It has ended; its number may soon be another process's."""
    _tell(f"-{pid}")


def _tell(line: str) -> None:
    stdin = _reaper().stdin
    assert stdin is not None
    stdin.write(line + "\n")
    stdin.flush()


def main() -> None:
    watched: set[int] = set()
    for line in sys.stdin:
        (watched.add if line[0] == "+" else watched.discard)(int(line[1:]))
    for pid in watched:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
