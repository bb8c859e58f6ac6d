"""Memory that is not used any more is the system's again."""

import subprocess
import sys

_BLOCKS = """
import threading
import psutil
from gatehouse import heap

heap.return_large_blocks()
process, all_here = psutil.Process(), threading.Barrier(8)

def use():
    bytearray(20_000_000)
    block = bytearray(20_000_000)
    all_here.wait()
    del block
    all_here.wait()
    if threading.current_thread() is threads[0]:
        print(process.memory_info().rss - before)
    all_here.wait()

threads = [threading.Thread(target=use) for _ in range(8)]
before = process.memory_info().rss
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_what_many_threads_used_at_once_is_not_kept():
    kept = int(subprocess.check_output([sys.executable, "-c", _BLOCKS], text=True))

    assert kept < 20_000_000
