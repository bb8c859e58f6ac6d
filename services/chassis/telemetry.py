"""Logs as JSON lines with the ids of the call, and traces where an OTLP endpoint is named."""

import logging
import os
import re
import sys
from typing import Any

from opentelemetry import trace
from pythonjsonlogger.json import JsonFormatter

from services.chassis import context

# Libraries that say per call what we say once, or that would print bound values.
_QUIET = {
    "nameko": logging.WARNING,
    "amqp": logging.WARNING,
    "kombu": logging.WARNING,
    "psycopg": logging.ERROR,
    "psycopg.pool": logging.ERROR,
    # At debug it prints whole requests, session tokens among their headers.
    "botocore": logging.INFO,
}


class _Formatter(JsonFormatter):
    # PostgreSQL's DETAIL repeats the row it refused, and such a row may hold a name or an address.
    _detail = re.compile(r"^(DETAIL|CONTEXT|LINE \d+):.*(\n +\^)?$", re.MULTILINE)

    def formatException(self, ei: Any) -> str:
        return self._detail.sub("", logging.Formatter.formatException(self, ei))


class _CallIds(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        call = context.current() if context.inside() else None
        record.correlation_id = call.correlation_id if call else None
        span = trace.get_current_span().get_span_context()
        record.trace_id = format(span.trace_id, "032x") if span.is_valid else None
        return True


def logs(service: str, level: str = "info", stream: Any = None) -> None:
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(_CallIds())
    names = {"asctime": "time", "levelname": "level", "name": "logger"}
    fields = "%(asctime)s %(levelname)s %(name)s %(message)s %(correlation_id)s %(trace_id)s"
    handler.setFormatter(_Formatter(fields, rename_fields=names, static_fields={"service": service}))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(least)


def traces(service: str) -> None:
    """Sends spans only if OTEL_EXPORTER_OTLP_ENDPOINT is set; without it every span is a no-op."""
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: f"gatehouse-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
