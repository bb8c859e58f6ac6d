"""Hears events and heartbeats over a queue of this gateway's own, for as long as it runs."""

import json
import logging
import threading
import time
from contextlib import suppress
from typing import Any

from kombu.connection import Connection
from kombu.messaging import Consumer

from gateway.access import OF_VAULTS, Access
from gateway.stream import Stream
from services.chassis import broker
from services.chassis.broker import BROKER_ERRORS

log = logging.getLogger(__name__)

PAUSE = 0.5


class Listener:
    def __init__(self, access: Access, amqp_url: str) -> None:
        self._stream = Stream(access)
        self._url = amqp_url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gateway.listener", daemon=True)
        self.error = "connecting"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.is_set():
            connection = None
            try:
                connection = broker.connect(self._url)
                self._listen(connection)
            except BROKER_ERRORS as error:
                self.error = type(error).__name__
                log.warning("the access cache is bypassed: %s", self.error)
            except Exception:
                self.error = "stopped"
                log.exception("the access cache is bypassed")
            finally:
                broker.disconnect(connection)
            self._stop.wait(PAUSE)

    def _listen(self, connection: Connection) -> None:
        channel = connection.channel()
        queue = broker.private_queue("gateway", OF_VAULTS, heartbeats=True)
        with Consumer(channel, [queue], on_message=self._heard, no_ack=True):
            # Only now are events kept for us, so whatever was remembered until now may be outdated.
            self._stream.connected()
            self.error = ""
            beat = time.monotonic()
            while not self._stop.is_set():
                with suppress(TimeoutError):
                    connection.drain_events(timeout=1.0)
                if time.monotonic() - beat >= 1.0:
                    connection.heartbeat_check()
                    beat = time.monotonic()

    def _heard(self, message: Any) -> None:
        news = json.loads(message.body)
        if message.delivery_info["exchange"] == broker.HEARTBEATS.name:
            self._stream.heartbeat(news["source"], news["position"])
        else:
            self._stream.event(news)
