"""``python -m bench.baselines.run MODULE CLASS``: one nameko service in a process of its own, patched as ours are."""

import os

os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"

import eventlet

eventlet.monkey_patch()

import signal  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
from importlib import import_module  # noqa: E402

from nameko.runners import ServiceRunner  # noqa: E402


def main(module: str, service: str) -> None:
    config = {"AMQP_URI": os.environ["AMQP_URL"], "HEARTBEAT": 10, "max_workers": 16}
    runner = ServiceRunner(config | {"HTTP": os.environ.get("HTTP", ""), "DATABASE_URL": os.environ.get("DATABASE_URL", "")})
    runner.add_service(getattr(import_module(module), service))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=runner.stop).start())
    runner.start()
    runner.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
