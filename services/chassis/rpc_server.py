"""RPC, between broker and nameko's container: takes calls from the service's queue, sends replies, outlives the broker."""

import json
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import eventlet
from eventlet.event import Event
from kombu.connection import Connection
from kombu.entity import Queue
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint, SharedExtension

from services.chassis import broker, rpc_wire
from services.chassis.broker import BROKER_ERRORS
from services.chassis.context import CallContext
from services.chassis.errors import InternalError, ServiceError, Unavailable

log = logging.getLogger(__name__)

CALLS = "calls"
_PAUSE = 0.5
_TICK = 1.0
_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Request:
    """One call as it came from the broker."""

    payload: Any
    call: CallContext


def _request(message: Any) -> Request:
    """Refuses what was delivered before: whoever had it may have done it. A question, or a command with a key, may be done twice."""
    headers = message.properties.get("application_headers") or {}
    call = CallContext.from_wire(headers.get(rpc_wire.CONTEXT) or {})
    if message.delivery_info["redelivered"] and not (call.idempotency_key or call.repeatable):
        raise Unavailable("service_unavailable", "the service was lost while it was at work on this", {"retry_after": 1})
    return Request(json.loads(message.body)["args"][0], call)


class Calls(SharedExtension):
    """One connection a container: calls come in over it and replies go out, so a reply never waits for another connection."""

    def __init__(self) -> None:
        self._endpoints: dict[str, Endpoint] = {}
        self._connection: Connection | None = None
        self._channel: Any = None
        self._tag = ""
        self._tried = Event()
        self._thread: Any = None
        self._stopping = False
        self._quiet = Event()

    def register(self, endpoint: "Endpoint") -> None:
        self._endpoints[endpoint.method_name] = endpoint

    @property
    def _problems(self) -> dict[str, str]:
        """What keeps this process from being ready, for whoever made the container."""
        found: dict[str, str] = self.container.config.setdefault("unready", {})
        return found

    def start(self) -> None:
        """Returns after the first attempt to reach the broker, whatever came of it."""
        self._thread = self.container.spawn_managed_thread(self._run, identifier="rpc.calls")
        self._tried.wait()

    def refuse_more(self) -> None:
        """Returns when no further call will come: they stay in the queue, for another replica. Those at work go on."""
        if not self._stopping:
            self._stopping = True
            self._cancel()
        with eventlet.Timeout(_PATIENCE, False):
            self._quiet.wait()

    def stop(self) -> None:
        if self._thread is not None:
            self._thread.kill()
        connection, self._connection = self._connection, None
        broker.disconnect(connection)

    kill = stop

    def _run(self) -> None:
        while True:
            try:
                self._serve()
            except BROKER_ERRORS as error:
                log.warning("%s waits for the broker: %s", self.container.service_name, error)
            except Exception:
                log.exception("%s lost its connection", self.container.service_name)
            self._problems[CALLS] = "not taken: the connection is lost"
            broker.abandon(self._connection)
            if not self._tried.ready():
                self._tried.send()
            eventlet.sleep(_PAUSE)

    def _serve(self) -> None:
        connection = self._connection = broker.connect(self.container.config["settings"].amqp_url)
        self._consume(connection)
        if not self._tried.ready():
            self._tried.send()
        ticked = time.monotonic()
        while True:
            with suppress(TimeoutError):
                connection.drain_events(timeout=_TICK)
            self._note_quiet()
            if time.monotonic() - ticked >= _TICK:
                connection.heartbeat_check()
                ticked = time.monotonic()

    def _consume(self, connection: Connection) -> None:
        """Declares everything again each time: the broker may have lost all it had."""
        name = self.container.service_name
        channel = self._channel = connection.channel()
        queue = Queue(f"rpc-{name}", exchange=rpc_wire.EXCHANGE, routing_key=f"{name}.*", durable=True)(channel)
        queue.declare()
        channel.basic_qos(0, self.container.max_workers, False)
        self._tag = channel.basic_consume(queue.name, callback=self._take)
        self._problems.pop(CALLS, None)
        if self._stopping:
            self._cancel()

    def _cancel(self) -> None:
        try:
            broker.cancel(self._channel, self._tag)
        except broker.LOST:
            log.info("the broker is away: nothing to cancel")
        self._note_quiet()

    def _note_quiet(self) -> None:
        if self._stopping and not self._quiet.ready() and broker.cancelled(self._channel, self._tag):
            self._quiet.send()

    def _take(self, message: Any) -> None:
        try:
            request = _request(message)
            self._endpoint(message).take(message, request)
        except ContainerBeingKilled:
            log.info("left to another: this container is ending")
        except ServiceError as error:
            self.reply(message, rpc_wire.refusal(error))
        except Exception:
            log.exception("a call cannot be read")
            self.reply(message, rpc_wire.refusal(InternalError()))

    def _endpoint(self, message: Any) -> "Endpoint":
        name = message.delivery_info["routing_key"].rpartition(".")[2]
        if (endpoint := self._endpoints.get(name)) is None:
            log.error("there is no method %s", name)
            raise InternalError()
        return endpoint

    def reply(self, message: Any, body: dict[str, Any]) -> None:
        """Without a confirm: a reply that gets lost is a call that times out. Never raises, or nameko would end the container."""
        properties = message.properties
        try:
            if reply_to := properties.get("reply_to"):
                reply = rpc_wire.message(rpc_wire.dumps(body), properties.get("correlation_id", ""))
                broker.send(message.channel, reply, rpc_wire.EXCHANGE.name, reply_to)
            message.channel.basic_ack(message.delivery_tag)
        except broker.LOST as error:
            log.warning("a reply is lost, the broker is away: %s", error)
            # Half a frame may have been written: nothing else can follow it.
            if self._connection is not None and message.channel is self._channel:
                broker.sever(self._connection)


class Endpoint(Entrypoint):
    """nameko's entrypoint of one method."""

    calls = Calls()

    def setup(self) -> None:
        self.calls.register(self)

    def stop(self) -> None:
        self.calls.refuse_more()

    def take(self, message: Any, request: Request) -> None:
        def replied(worker: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            self.calls.reply(message, result if exc_info is None else rpc_wire.refusal(InternalError()))
            return result, exc_info

        self.container.spawn_worker(self, (request,), {}, handle_result=replied)
