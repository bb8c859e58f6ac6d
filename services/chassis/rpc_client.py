"""RPC, the caller's side: nameko's protocol over one lasting connection, with a deadline over all of it."""

import json
import logging
import threading
import time
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from itertools import count
from typing import Any
from uuid import uuid4

from services.chassis import broker, context, rpc_wire, tracing
from services.chassis.errors import Unavailable

log = logging.getLogger(__name__)

# How long to wait after a failed attempt to connect: while nobody asks, and while somebody does.
_PAUSE = 0.5
_PAUSE_WANTED = 0.02


# The moment, on the monotonic clock, at which whoever waits for all the calls made here gives up.
patience: ContextVar[float] = ContextVar("patience", default=float("inf"))


@dataclass(frozen=True, slots=True)
class Answer:
    data: dict[str, Any]
    position: int


class RpcClient:
    """For any number of threads or green threads. Connects when first used; a thread of its own reads replies and reconnects."""

    def __init__(self, amqp_url: str, timeout: float) -> None:
        self._url, self._timeout = amqp_url, timeout
        self._changed = threading.Condition()
        self._link: Link | None = None
        self._thread: threading.Thread | None = None
        self._failures = 0
        self._wanted = self._closed = False

    def call(self, service: str, method: str, payload: dict[str, Any]) -> Answer:
        """Raises what the service refused with, or Unavailable when no answer comes in time: the call may have had its effect then."""
        deadline = min(time.monotonic() + self._timeout, patience.get())
        link = self._link or self._connected(deadline)
        body = link.exchange(f"{service}.{method}", rpc_wire.request(payload), {rpc_wire.CONTEXT: _context()}, deadline)
        reply = json.loads(body)
        if error := reply.get("error"):
            raise rpc_wire.raised(error)
        result = reply["result"]
        return Answer(result["data"], result["position"])

    @property
    def pending(self) -> int:
        """How many calls await their answer."""
        return len(link.pending) if (link := self._link) else 0

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if link := self._link:
            link.end()
        if self._thread:
            self._thread.join(timeout=2)

    def _connected(self, deadline: float) -> "Link":
        """Waits for the attempt that is under way, or the next; its failure is everybody's who waits."""
        with self._changed:
            self._start()
            failures, self._wanted = self._failures, True
            self._changed.notify_all()
            while (link := self._link) is None:
                remaining = deadline - time.monotonic()
                if self._failures != failures or self._closed or remaining <= 0:
                    raise unavailable()
                self._changed.wait(remaining)
            return link

    def _start(self) -> None:
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name="rpc.replies", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._closed:
            try:
                link = Link(self._url, self._timeout)
            except Exception as error:
                self._failed(error)
            else:
                self._become(link)
                link.run()
                self._become(None)

    def _become(self, link: "Link | None") -> None:
        with self._changed:
            self._link, self._wanted = link, False
            self._changed.notify_all()

    def _failed(self, error: Exception) -> None:
        with self._changed:
            log.log(logging.DEBUG if self._failures else logging.WARNING, "the broker is away: %s", error)
            self._failures += 1
            self._wanted = False
            self._changed.notify_all()
            self._changed.wait(_PAUSE_WANTED)
            if not self._wanted and not self._closed:
                self._changed.wait(_PAUSE)


class Call:
    """One call that awaits its reply. A bare lock is the cheapest thing one thread can wait for and another let go."""

    __slots__ = ("_answered", "body", "reason")

    def __init__(self) -> None:
        self.body: str | bytes | None = None
        self.reason = ""
        self._answered = threading.Lock()
        self._answered.acquire()

    def finish(self, body: str | bytes | None, reason: str = "") -> None:
        self.body, self.reason = body, reason
        self._answered.release()

    def wait(self, seconds: float) -> str | bytes | None:
        self._answered.acquire(timeout=max(0.0, seconds))
        return self.body


class Link:
    """One connection, until it breaks. One thread reads it; anyone writes, under a lock."""

    def __init__(self, url: str, timeout: float) -> None:
        self._connection = broker.connect(url, timeout)
        try:
            broker.limit_waiting(self._connection, 1.0)
            self._channel = self._connection.channel()
            self._reply_to = self._listen(self._channel)
        except BaseException:
            broker.abandon(self._connection)
            raise
        self.pending: dict[str, Call] = {}
        self._writing = threading.Lock()
        self._numbers = count()
        self._broken = self._ending = False

    def _listen(self, channel: Any) -> str:
        address = str(uuid4())
        rpc_wire.EXCHANGE(channel).declare()
        queue, _, _ = channel.queue_declare(f"rpc.reply-{address}", exclusive=True, auto_delete=True, durable=False)
        channel.queue_bind(queue, rpc_wire.EXCHANGE.name, address)
        channel.basic_consume(queue, no_ack=True, callback=self._replied)
        channel.events["basic_return"].add(self._returned)
        return address

    def exchange(self, routing_key: str, body: str, headers: dict[str, Any], deadline: float) -> str | bytes:
        number = f"{self._reply_to}.{next(self._numbers)}"
        call = self.pending[number] = Call()
        try:
            self._send(number, routing_key, body, headers, deadline)
            if (reply := call.wait(deadline - time.monotonic())) is None:
                raise unavailable(call.reason)
            return reply
        finally:
            self.pending.pop(number, None)

    def _send(self, number: str, routing_key: str, body: str, headers: dict[str, Any], deadline: float) -> None:
        remaining = deadline - time.monotonic()
        if self._broken or not self._writing.acquire(timeout=max(0.0, remaining)):
            raise unavailable()
        try:
            # The queue of a dead service drops what nobody waits for any more.
            expiration = str(max(1, int(remaining * 1000)))
            message = rpc_wire.message(body, number, reply_to=self._reply_to, expiration=expiration, application_headers=headers)
            broker.send(self._channel, message, rpc_wire.EXCHANGE.name, routing_key, mandatory=True)
        except Exception as error:
            # Half a frame may have been written: nothing else can follow it.
            self._broken = True
            broker.sever(self._connection)
            raise unavailable() from error
        finally:
            self._writing.release()

    def run(self) -> None:
        """Reads until the connection breaks or ends; then fails every call that still waits."""
        try:
            self._read()
        except Exception as error:
            log.warning("lost the broker: %s", error)
        finally:
            self._broken = True
            (broker.disconnect if self._ending else broker.abandon)(self._connection)
            for number in list(self.pending):
                self._finish(number, None)

    def _read(self) -> None:
        ticked = time.monotonic()
        while not (self._ending or self._broken):
            with suppress(TimeoutError):
                self._connection.drain_events(timeout=1.0)
            if time.monotonic() - ticked >= 1.0 and self._writing.acquire(blocking=False):
                try:
                    self._connection.heartbeat_check()
                    ticked = time.monotonic()
                finally:
                    self._writing.release()

    def end(self) -> None:
        """A message to itself wakes the reader, which then closes the connection in good order."""
        self._ending = True
        with self._writing:
            try:
                broker.send(self._channel, rpc_wire.message("", ""), rpc_wire.EXCHANGE.name, self._reply_to)
            except Exception:
                broker.sever(self._connection)

    def _replied(self, message: Any) -> None:
        self._finish(message.properties.get("correlation_id", ""), message.body)

    def _returned(self, error: Exception, exchange: str, routing_key: str, message: Any) -> None:
        self._finish(message.properties.get("correlation_id", ""), None, f"no {routing_key.partition('.')[0]} service has ever been here")

    def _finish(self, number: str, body: str | bytes | None, reason: str = "") -> None:
        # Popped here, so that a second reply or the caller's own timeout finds nothing to finish twice.
        if call := self.pending.pop(number, None):
            call.finish(body, reason)


def unavailable(reason: str = "") -> Unavailable:
    detail = reason or "a part of Gatehouse does not answer for now: try again"
    return Unavailable("service_unavailable", detail, {"retry_after": 1})


def _context() -> dict[str, str]:
    call = context.current()
    return replace(call, traceparent=tracing.traceparent() or call.traceparent).to_wire()
