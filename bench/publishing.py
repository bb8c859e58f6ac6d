"""``python -m bench.publishing SERVICE``: only the publisher of a service's worker, with nobody who consumes beside it."""

import os
import signal
import sys
import threading

from gatehouse import registry
from services.chassis.publisher import Publisher
from services.chassis.settings import Settings


def main(service: str) -> None:
    settings, stop = Settings.load(os.environ), threading.Event()
    app = registry.spec(service).application.connect(settings)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    Publisher(app, settings.amqp_url).run(stop)
    app.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
