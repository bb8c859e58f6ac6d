"""RPC, the service's side: what a method is run in, and what services are given beside it."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial, wraps
from typing import Any

from nameko.extensions import DependencyProvider, register_entrypoint
from opentelemetry.trace import SpanKind, StatusCode

from services.chassis import context, metrics, rpc_wire, tracing, usecase
from services.chassis.application import Application
from services.chassis.errors import InternalError, InvalidInput, ServiceError
from services.chassis.rpc_server import Endpoint, Request

log = logging.getLogger(__name__)

Payload = dict[str, Any]


def rpc(method: Callable[[Any, Payload], Payload]) -> Callable[[Any, Any], Payload]:
    """Makes a service's method callable by ``RpcClient``. Called in Python with a payload it stays the method it is."""

    @wraps(method)
    def entry(service: Any, request: Any) -> Payload:
        return _reply(service, method, request) if isinstance(request, Request) else method(service, request)

    register_entrypoint(entry, Endpoint())
    return entry


def _reply(service: Any, method: Callable[[Any, Payload], Payload], request: Request) -> Payload:
    """Nothing but a reply comes out: nameko prints a traceback for whatever is raised, even for a refusal."""
    began, outcome = time.perf_counter(), "answered"
    call, name = request.call, method.__name__
    with context.use(call), tracing.span(f"rpc {service.name}.{name}", parent=call.traceparent, kind=SpanKind.SERVER) as span:
        try:
            with context.amended(traceparent=tracing.traceparent() or call.traceparent):
                return _answer(service, name, request.payload, partial(method, service))
        except ServiceError as error:
            outcome = error.code
            log.info("%s.%s refused: %s", service.name, name, error.code)
            return rpc_wire.refusal(error)
        except Exception as error:
            outcome = "internal"
            span.set_status(StatusCode.ERROR, type(error).__name__)
            log.exception("%s.%s failed", service.name, name)
            return rpc_wire.refusal(InternalError())
        finally:
            metrics.rpc_child(service.name, name, outcome).observe(time.perf_counter() - began)


def _answer(service: Any, name: str, payload: Any, function: Callable[[Payload], Payload]) -> Payload:
    if not isinstance(payload, dict):
        raise InvalidInput("invalid_payload", "one JSON object is expected")
    return rpc_wire.answer(usecase.run(service.name, name, getattr(service, "app", None), payload, function))


class EventSourced(DependencyProvider):
    """Gives the service its application, over the database that ``config["settings"]`` names."""

    def __init__(self, application: type[Application]) -> None:
        self._kind = application

    def setup(self) -> None:
        self._application = self._kind.connect(self.container.config["settings"])

    def stop(self) -> None:
        self._application.close()

    def get_dependency(self, worker_ctx: Any) -> Application:
        return self._application


class Clock(DependencyProvider):
    def get_dependency(self, worker_ctx: Any) -> Callable[[], datetime]:
        return partial(datetime.now, UTC)
