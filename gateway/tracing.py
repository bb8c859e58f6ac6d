"""A span around each request, where traces are sent at all: the root of everything the request causes."""

from collections.abc import Iterable
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, Tracer

from gateway.edge import App, Environ, Headers


def traced(app: App) -> App:
    """The application itself when no provider is set up: even spans that go nowhere take time."""
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return app
    return Traced(app, trace.get_tracer(__name__))


class Traced:
    def __init__(self, app: App, tracer: Tracer) -> None:
        self._app, self._tracer = app, tracer

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        parent = propagate.extract({"traceparent": environ.get("HTTP_TRACEPARENT", "")})
        with self._tracer.start_as_current_span(method, parent, SpanKind.SERVER) as span:
            carrier: dict[str, str] = {}
            propagate.inject(carrier)

            def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
                request = environ.get("werkzeug.request")
                if request and request.url_rule:
                    # The route, not the address: addresses hold tokens.
                    span.update_name(f"{method} {request.url_rule.rule}")
                span.set_attribute("http.response.status_code", int(status[:3]))
                return start_response(status, [*headers, *carrier.items()], exc_info)

            return self._app(environ, start)
