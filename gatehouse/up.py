"""The embedded mode: every service, worker and the gateway in this process, with a PostgreSQL and a broker of its own."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import eventlet
from nameko.runners import ServiceRunner
from rich.console import Console
from rich.panel import Panel

from gatehouse import registry
from gatehouse.admin import Installation
from gatehouse.distributed import nameko_config, on_signal
from gateway.service import GatewayService, bound, spooling
from services.chassis import broker, telemetry
from services.chassis.embedded import EmbeddedPostgres
from services.chassis.rpc_client import RpcClient
from services.chassis.settings import Settings
from services.chassis.sources import RemoteLogs
from services.chassis.worker import Worker

log = logging.getLogger(__name__)


def run(environ: Mapping[str, str]) -> None:
    """Returns after SIGTERM or Ctrl-C, once everything is closed."""
    settings = Settings.load(environ, embedded=True)
    web = bound(settings.http)
    logfile = (settings.state / "gatehouse.log").open("a", buffering=1)
    telemetry.logs("gatehouse", settings.log_level, logfile)
    telemetry.traces("gatehouse")
    ended = threading.Event()
    on_signal(ended.set)
    with EmbeddedPostgres(settings.state / "postgres") as server:
        settings = replace(settings, database_url=server.url, amqp_url=broker.IN_PROCESS)
        _migrate(settings)
        _serve(settings, web, ended)


def _migrate(settings: Settings) -> None:
    installation = Installation(settings)
    for line in installation.migrate():
        log.info(line)
    installation.close()


def _serve(settings: Settings, web: Any, ended: threading.Event) -> None:
    client = RpcClient(settings.amqp_url, settings.rpc_timeout)
    workers = [Worker(spec, settings, RemoteLogs(client)) for spec in registry.specs()]
    gateway = {"socket": web, "spool": spooling(settings.state), "problems": lambda: _problems(workers)}
    runner = ServiceRunner(nameko_config(settings) | gateway)
    for spec in registry.specs():
        runner.add_service(spec.service)
    runner.add_service(GatewayService)
    for worker in workers:
        worker.start()
    runner.start()
    _greet(settings)
    while not ended.wait(3600):
        eventlet.sleep(0)
    runner.stop()
    for worker in workers:
        worker.end()
    for worker in workers:
        worker.stop()
    client.close()


def _problems(workers: list[Worker]) -> dict[str, str]:
    return {name: problem for worker in workers for name, problem in worker.problems().items()}


def _greet(settings: Settings) -> None:
    body = f"""Gatehouse is at [bold cyan]{settings.url}[/]  (API: [cyan]{settings.url}/docs[/])

Setup token, for the first account only: [bold yellow]{settings.setup_token}[/]
Mails wait in {settings.state / "outbox"}, logs in {settings.state / "gatehouse.log"}.
Watch it work: [bold]gatehouse demo[/] in another terminal. Stop with Ctrl-C; the data stays in {settings.state}."""
    console = Console()
    console.print(Panel(body, title="ready", border_style="green", expand=False))
    print(
        f"""
Sign up as the operator:

curl -s {settings.url}/v1/accounts -H 'Content-Type: application/json' \\
  -d '{{"email": "you@example.org", "password": "a-long-enough-passphrase", "setup_token": "{settings.setup_token}"}}'
""",
        flush=True,
    )
