"""The gateway as a nameko service: its web side, its ears, its way to call the others."""

from pathlib import Path
from typing import Any

import eventlet
import eventlet.wsgi
from eventlet.green import socket
from nameko.extensions import DependencyProvider

from gateway.access import Access
from gateway.app import create_app
from gateway.listener import Listener
from gateway.metering import Meter
from gateway.metrics import watch
from gateway.spool import Spool
from services.chassis.metrics import rpc_pending
from services.chassis.rpc_client import RpcClient
from services.chassis.settings import SettingError, Settings

CONNECTIONS, BACKLOG = 2_000, 1024
# A client may be silent so long, between requests and within one.
IDLE = 75.0
DRAIN = 10.0
LAST_WORDS = 1.0


class Web(DependencyProvider):
    """Serves HTTP while the container runs. Stopping lets running requests finish and then closes what is idle."""

    def setup(self) -> None:
        settings: Settings = self.container.config["settings"]
        self._access = Access(served_bytes=settings.served_bytes)
        self._client = RpcClient(settings.amqp_url, timeout=settings.rpc_timeout)
        self._listener = Listener(self._access, settings.amqp_url)
        more = self.container.config.get("problems", dict)
        self._meter = Meter(self._client.call, self.container.config["spool"], settings.usage_seconds)
        self._app = create_app(settings, self._client, self._access, lambda: self._problems() | more(), self._meter.note)
        self._socket = self.container.config["socket"]
        self._pool = eventlet.GreenPool(CONNECTIONS)

    def start(self) -> None:
        watch(self._access)
        rpc_pending.set_function(lambda: self._client.pending)
        self._listener.start()
        self._socket.listen(BACKLOG)
        self._server = eventlet.spawn(self._serve)
        self._tellers = [eventlet.spawn(teller.run) for teller in (self._app.refusals, self._meter)]

    def stop(self) -> None:
        # eventlet's server closes idle connections and waits for the others when it is killed.
        self._server.kill()
        # Refused at once, a client can try another gateway; in the queue of a socket that nobody accepts it would wait for nothing.
        self._socket.close()
        with eventlet.Timeout(DRAIN, False):
            self._pool.waitall()
        self._listener.stop()
        for teller in self._tellers:
            teller.kill()
        with eventlet.Timeout(LAST_WORDS, False):
            self._app.refusals.flush()
            self._meter.flush()
        self._meter.close()
        self._client.close()

    def _serve(self) -> None:
        eventlet.wsgi.server(
            self._socket,
            self._app,
            custom_pool=self._pool,
            log_output=False,
            url_length_limit=65_536,
            debug=False,
            socket_timeout=IDLE,
            keepalive=IDLE,
            # Ours are written as they should be; to write them again takes a tenth of a short request's time.
            capitalize_response_headers=False,
        )

    def _problems(self) -> dict[str, str]:
        return {"gateway.listener": self._listener.error} if self._listener.error else {}

    def get_dependency(self, worker_ctx: Any) -> None:
        return None


def bound(address: str) -> Any:
    """The socket to serve at, taken before anything else is begun: an address in use ends the start at once, with one line.

    Nobody can connect to it before it listens.
    """
    host, _, port = address.rpartition(":")
    held = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        # The port is not shared: a second Gatehouse at the same address would quietly take half of the requests.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((host.strip("[]"), int(port)))
    except (OSError, OverflowError) as error:
        held.close()
        raise SettingError(f"GATEHOUSE_HTTP: cannot listen at {address}: {getattr(error, 'strerror', None) or error}") from None
    return held


def spooling(state: Path) -> Spool:
    """Where calls are counted, made before anything else is begun."""
    try:
        return Spool(state / "api-calls")
    except OSError as error:
        raise SettingError(f"GATEHOUSE_STATE: cannot write to {state}: {error.strerror}") from None


class GatewayService:
    name = "gateway"

    web = Web()
