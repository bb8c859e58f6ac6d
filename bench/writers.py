"""``python -m bench.writers KIND DATABASE_URL THREADS``: one process of writers; each line read is a number of seconds to write for."""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

STREAMS = 8  # a writer's; each save goes to the next


def ours(url: str) -> tuple[Any, type[Any]]:
    from bench.counters import Counter, Counters
    from services.chassis.settings import Settings

    return Counters.connect(Settings(database_url=url, amqp_url="none", secret_key="k" * 32)), Counter


def library(url: str) -> tuple[Any, type[Any]]:
    from bench.baselines.counters import Counter, Counters

    parts = urlsplit(url)
    where = {"DBNAME": parts.path[1:], "HOST": parse_qs(parts.query)["host"][0], "PORT": "5432", "USER": parts.username, "PASSWORD": "none"}
    env = {"PERSISTENCE_MODULE": "eventsourcing.postgres", "POSTGRES_POOL_SIZE": "8"}
    return Counters(env=env | {f"POSTGRES_{name}": str(value) for name, value in where.items()}), Counter


def write(app: Any, kind: type[Any], until: Callable[[], bool]) -> int:
    """A stream stays short, so that neither side has anything to replay or to snapshot."""
    saves = 0
    while True:
        streams = [kind(name="a counter") for _ in range(STREAMS)]
        for by in range(5):
            for stream in streams:
                if until():
                    return saves
                stream.up(by=by, note="as it happens")
                app.save(stream)
                saves += 1


def main(kind: str, url: str, threads: str) -> None:
    app, aggregate = {"ours": ours, "library": library}[kind](url)
    with ThreadPoolExecutor(int(threads)) as pool:
        print("ready", flush=True)
        for line in sys.stdin:
            end = time.perf_counter() + float(line)
            running = [pool.submit(write, app, aggregate, lambda end=end: time.perf_counter() >= end) for _ in range(int(threads))]
            print(sum(writer.result() for writer in running), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
