"""One process of the distributed mode: a service, a worker or the gateway."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

from gatehouse import registry
from services.chassis import broker, ops, telemetry
from services.chassis.database import OUTAGE, Database
from services.chassis.settings import SettingError, Settings
from services.chassis.spec import ServiceSpec

log = logging.getLogger(__name__)
_PROBE = 3.0
_ENDING = (signal.SIGTERM, signal.SIGINT)


def serve(name: str, environ: Mapping[str, str]) -> None:
    """Returns after SIGTERM, once what was running is done."""
    settings = _started(name, environ)
    from nameko.runners import ServiceRunner

    from services.chassis.rpc_server import CALLS

    if name == "gateway":
        from gateway.service import GatewayService, bound, spooling

        runner = ServiceRunner(nameko_config(settings) | {"socket": bound(settings.http), "spool": spooling(settings.state)})
        runner.add_service(GatewayService)
    else:
        config = nameko_config(settings) | {"unready": {CALLS: "not taken yet"}}
        runner = ServiceRunner(config)
        spec = registry.spec(_known(name))
        _check(spec, settings)
        runner.add_service(spec.service)
        reachable = _reachable(settings, name)
        ops.serve(settings.ops, lambda: config["unready"] | reachable())
    on_signal(runner.stop)
    runner.start()
    log.info("serving")
    runner.wait()


def work(name: str, environ: Mapping[str, str]) -> None:
    settings = _started(_known(name), environ)
    from services.chassis.rpc_client import RpcClient
    from services.chassis.sources import RemoteLogs
    from services.chassis.worker import Worker

    client = RpcClient(settings.amqp_url, settings.rpc_timeout)
    _check(registry.spec(name), settings)
    worker = Worker(registry.spec(name), settings, RemoteLogs(client))
    os.nice(settings.niceness)
    reachable = _reachable(settings, name)
    ops.serve(settings.ops, lambda: worker.problems() | reachable())
    ended = threading.Event()
    on_signal(ended.set)
    worker.start()
    log.info("working")
    ended.wait()
    worker.stop()
    client.close()


def _check(spec: ServiceSpec, settings: Settings) -> None:
    """Before anything runs: what is wrong with a setting would come out of nameko as a page of traceback."""
    app = spec.application.connect(settings)
    try:
        app.check_settings()
        app.check_access()
    finally:
        app.close()


def nameko_config(settings: Settings) -> dict[str, Any]:
    return {"AMQP_URI": settings.amqp_url, "HEARTBEAT": 10, "max_workers": settings.workers, "settings": settings}


def _started(name: str, environ: Mapping[str, str]) -> Settings:
    settings = Settings.load(environ)
    telemetry.logs(name, settings.log_level)
    telemetry.traces(name)
    return settings


def _known(name: str) -> str:
    if name not in registry.SERVICES:
        raise SettingError(f"there is no service {name!r}: choose one of {', '.join(registry.SERVICES)}, gateway")
    return name


def _reachable(settings: Settings, name: str) -> Callable[[], dict[str, str]]:
    """Readiness: the database answers a query and the broker lets us in."""
    db = Database(settings.database_for(name), name, pool_size=1, wait=2)

    def database() -> None:
        db.open()
        db.one("SELECT 1")

    def messages() -> None:
        broker.disconnect(broker.connect(settings.amqp_url, timeout=2))

    return lambda: _failing({"database": database, "broker": messages})


def _failing(probes: dict[str, Callable[[], None]]) -> dict[str, str]:
    """What is wrong, by name. Each probe has a thread and a limit of its own: a server that hangs answers nothing at all."""
    found = dict.fromkeys(probes, "does not answer")

    def run(name: str, probe: Callable[[], None]) -> None:
        try:
            probe()
        except (*OUTAGE, *broker.BROKER_ERRORS) as error:
            found[name] = type(error).__name__
        else:
            del found[name]

    threads = [threading.Thread(target=run, args=each, daemon=True) for each in probes.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_PROBE)
    return dict(found)


def on_signal(stop: Callable[[], object]) -> None:
    """Runs ``stop`` once, in a thread or green thread of its own, after the first SIGTERM or Ctrl-C."""
    heard, told = socket.socketpair()
    told.setblocking(False)

    def wait() -> None:
        while heard.recv(1)[0] not in _ENDING:
            pass
        stop()

    def handle(number: int, frame: object, ends: object = (heard, told)) -> None:
        """Nothing but hold on to both ends: a second signal must find them, too."""

    # The system may deliver to any thread, but Python's handlers wait for the main one, which waits for us: only this writes at once.
    signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    for number in _ENDING:
        signal.signal(number, handle)
    threading.Thread(target=wait, name="stop", daemon=True).start()
