"""``python -m bench.access_process RULES``: an index in a process of its own, as a service has it.

Its first line tells what memory that takes; then, for each number of seconds it reads, it prints checks a second.
"""

import gc
import json
import sys

import psutil

from bench.access_engines import ours
from bench.access_world import populated, ruled, world


def main(rules: int) -> None:
    made = world(rules)
    before = _rss()
    index = populated(made)
    empty = _rss()
    ruled(index, made)
    print(json.dumps({"resources_mb": (empty - before) / 2**20, "rules_mb": (_rss() - empty) / 2**20}), flush=True)
    engine = ours(made, index)
    for line in sys.stdin:
        print(engine.rate(float(line)), flush=True)


def _rss() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


if __name__ == "__main__":
    main(int(sys.argv[1]))
