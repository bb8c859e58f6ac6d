"""A bare kombu consumer: gathers a batch, inserts a row an event in one transaction, acknowledges."""

import json
import time
from typing import Any

import psycopg
from kombu import Connection, Consumer, Queue, binding
from psycopg.types.json import Jsonb

from services.chassis import broker
from services.chassis.consumer import BATCH

_TABLE = """CREATE TABLE bare_journal (
    source text, position bigint, id text NOT NULL, time timestamptz NOT NULL, type text NOT NULL, subject text NOT NULL,
    data jsonb NOT NULL, PRIMARY KEY (source, position))"""
_INSERT = "INSERT INTO bare_journal VALUES (%s, %s, %s, %s, %s, %s, %s)"
_PREFETCH = 2 * BATCH


class Bare:
    """A quorum queue as ours are; it remembers no position, looks for no gap and takes a repeat for an error."""

    def __init__(self, amqp_url: str, database_url: str, source: str) -> None:
        self._url, self._database_url = amqp_url, database_url
        bindings = [binding(broker.EVENTS, routing_key=f"{source}.#")]
        self._queue = Queue("bare.journal", bindings=bindings, queue_arguments={"x-queue-type": "quorum"})
        with Connection(amqp_url) as connection:
            broker.EVENTS(connection.default_channel).declare()
            self._queue(connection.default_channel).declare()
        with psycopg.connect(database_url) as database:
            database.execute(_TABLE)

    def seconds(self, events: int) -> float:
        """To connect and to take so many."""
        began = time.perf_counter()
        with Connection(self._url) as connection, psycopg.connect(self._database_url) as database:
            waiting: list[Any] = []
            with Consumer(connection.default_channel, [self._queue], on_message=waiting.append, prefetch_count=_PREFETCH):
                while events:
                    while len(waiting) < min(BATCH, events):
                        connection.drain_events(timeout=30)
                    batch, waiting[:] = waiting[:BATCH], waiting[BATCH:]
                    self._insert(database, batch)
                    batch[-1].ack(multiple=True)
                    events -= len(batch)
        return time.perf_counter() - began

    def _insert(self, database: "psycopg.Connection[Any]", batch: list[Any]) -> None:
        rows = [_row(json.loads(message.body)) for message in batch]
        with database.transaction(), database.cursor() as cursor:
            cursor.executemany(_INSERT, rows)
        database.commit()


def _row(event: dict[str, Any]) -> tuple[Any, ...]:
    return (event["source"], event["position"], event["id"], event["time"], event["type"], event["subject"], Jsonb(event["data"]))
