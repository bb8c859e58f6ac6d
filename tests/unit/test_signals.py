"""SIGTERM ends a process whichever of its threads the system gives it to."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.unit

# The main thread waits as a worker's does, and the signal goes to another thread once it does.
WORKER = """
import signal, sys, threading
from gatehouse.distributed import on_signal

def elsewhere():
    # From its frame to the lock it is but a moment, which nobody can see.
    while sys._current_frames()[threading.main_thread().ident].f_code.co_qualname != "Condition.wait":
        pass
    threading.Event().wait(0.1)
    for _ in range(TIMES):
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    threading.Event().wait()

ended = threading.Event()
on_signal(ended.set)
threading.Thread(target=elsewhere, daemon=True).start()
ended.wait()
"""


@pytest.mark.parametrize("times", [1, 3])
def test_a_signal_that_another_thread_gets_ends_the_process(times: int) -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", WORKER.replace("TIMES", str(times))], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
