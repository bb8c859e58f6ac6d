"""A bare Flask application served as the gateway serves its own: eventlet.wsgi in a nameko service."""

import eventlet
import eventlet.wsgi
from flask import Flask
from nameko.extensions import DependencyProvider


class Web(DependencyProvider):
    """Subclasses make ``self.app`` in ``setup``."""

    app: Flask

    def start(self) -> None:
        host, _, port = self.container.config["HTTP"].rpartition(":")
        listening = eventlet.listen((host, int(port)), backlog=1024)
        self.server = eventlet.spawn(
            eventlet.wsgi.server,
            listening,
            self.app,
            max_size=2_000,
            log_output=False,
            debug=False,
            capitalize_response_headers=False,
        )

    def stop(self) -> None:
        self.server.kill()


def empty_app(name: str) -> Flask:
    app = Flask(name, static_folder=None)
    app.get("/healthz")(lambda: "alive")
    return app
