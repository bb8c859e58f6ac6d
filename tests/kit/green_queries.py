"""``python -m tests.kit.green_queries URL``: what a process of green threads asks of its database; prints JSON."""

import os
import sys

os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"

import eventlet

eventlet.monkey_patch()

import json  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402

import psycopg  # noqa: E402

from services.chassis import greenwait  # noqa: E402

LARGE = 3_000_000


def ticks_during_a_long_query(url: str) -> int:
    ticks: list[float] = []

    def tick() -> None:
        while True:
            ticks.append(time.monotonic())
            eventlet.sleep(0.02)

    ticking = eventlet.spawn(tick)
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_sleep(1)")
    ticking.kill()
    return len(ticks)


def bytes_through_a_full_pipeline(url: str) -> int:
    """More in both directions than the socket's buffers hold."""
    with psycopg.connect(url) as connection, connection.pipeline():
        cursors = [connection.execute("SELECT repeat('z', %s), length(%s)", (LARGE, "y" * LARGE)) for _ in range(10)]
        return sum(len(text) + length for cursor in cursors for text, length in cursor.fetchall())


def error_of_a_lost_connection(url: str) -> str:
    with psycopg.connect(url, autocommit=True) as other, psycopg.connect(url) as connection:
        eventlet.spawn_after(0.1, other.execute, "SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
        try:
            connection.execute("SELECT pg_sleep(10)")
        except psycopg.OperationalError as error:
            return type(error).__name__
    return ""


def answers_side_by_side(url: str) -> list[int]:
    def ask(number: int) -> int:
        with psycopg.connect(url) as connection:
            return [connection.execute("SELECT %s::int", (number,)).fetchall()[0][0] for _ in range(50)][-1]

    return list(eventlet.GreenPool(10).imap(ask, range(10)))


def main(url: str) -> None:
    greenwait.install()
    asked: list[Callable[[str], Any]] = [
        ticks_during_a_long_query,
        bytes_through_a_full_pipeline,
        error_of_a_lost_connection,
        answers_side_by_side,
    ]
    print(json.dumps({function.__name__: function(url) for function in asked}))


if __name__ == "__main__":
    main(sys.argv[1])
