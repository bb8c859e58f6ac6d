"""A service that says back what it hears, in a process of its own: nameko wants eventlet, which patches the whole process.

Beside the service runs an RPC client; who connects to the port this prints has it make calls, one JSON line each.
"""

# ruff: noqa: E402
import eventlet

eventlet.monkey_patch()

import json
import signal
import sys
from typing import Any

from eventlet.event import Event
from nameko.containers import ServiceContainer

from services.chassis import context
from services.chassis.context import CallContext
from services.chassis.errors import LimitExceeded, ServiceError
from services.chassis.rpc import Clock, rpc
from services.chassis.rpc_client import RpcClient
from services.chassis.settings import Settings

TIMEOUT = 2.0

done: list[str] = []
released = Event()


class EchoService:
    name = "echo"

    clock = Clock()

    @rpc
    def echo(self, payload: dict[str, Any]) -> dict[str, Any]:
        return payload

    @rpc
    def who(self, payload: dict[str, Any]) -> dict[str, Any]:
        return context.current().to_wire()

    @rpc
    def refuse(self, payload: dict[str, Any]) -> dict[str, Any]:
        raise LimitExceeded("too_many_attempts", "wait a little", {"retry_after": 3, "of": [1, None, True]})

    @rpc
    def crash(self, payload: dict[str, Any]) -> dict[str, Any]:
        raise RuntimeError(payload["secret"])

    @rpc
    def slow(self, payload: dict[str, Any]) -> dict[str, Any]:
        done.append("begun")
        eventlet.sleep(payload["seconds"])
        done.append("ended")
        return {"at": self.clock().isoformat()}

    @rpc
    def held(self, payload: dict[str, Any]) -> dict[str, Any]:
        done.append("begun")
        released.wait()
        done.append("ended")
        return {}

    @rpc
    def release(self, payload: dict[str, Any]) -> dict[str, Any]:
        if not released.ready():
            released.send()
        return {}

    @rpc
    def done(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"done": done}


def perform(client: RpcClient, line: bytes) -> dict[str, Any]:
    order = json.loads(line)
    if "pending" in order:
        return {"pending": client.pending}
    try:
        with context.use(CallContext.from_wire(order["context"])):
            answer = client.call(order["service"], order["method"], order["payload"])
    except ServiceError as error:
        return {"error": type(error).__name__, "args": list(error.args)}
    return {"data": answer.data, "position": answer.position}


def obey(client: RpcClient, connection: Any) -> None:
    with connection, connection.makefile("rb") as lines:
        for line in lines:
            connection.sendall(json.dumps(perform(client, line)).encode() + b"\n")


def main(url: str, name: str = "echo") -> None:
    service = type("Named", (EchoService,), {"name": name})
    container = ServiceContainer(service, {"settings": Settings(amqp_url=url, secret_key="k" * 32), "max_workers": 16})
    client = RpcClient(url, TIMEOUT)
    listener = eventlet.listen(("127.0.0.1", 0))
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(container.stop))
    container.start()
    eventlet.spawn_n(eventlet.serve, listener, lambda connection, _: obey(client, connection))
    print(listener.getsockname()[1], flush=True)
    container.wait()
    client.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
