"""Spans that follow one request from the gateway into every projection it ends in (W3C Trace Context)."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind

_tracer = trace.get_tracer("gatehouse")


@contextmanager
def span(name: str, *, parent: str = "", kind: SpanKind = SpanKind.INTERNAL, **attributes: str | int) -> Iterator[Span]:
    """A span below the current one, or below ``parent``, a traceparent that came with a message."""
    context = propagate.extract({"traceparent": parent}) if parent else None
    # Exceptions are not recorded: their texts may hold what must not leave, and the log has them.
    with _tracer.start_as_current_span(name, context, kind, attributes=attributes, record_exception=False) as current:
        yield current


def traceparent() -> str:
    """The current span as it is sent along; empty when nothing is traced."""
    if not trace.get_current_span().get_span_context().is_valid:
        return ""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent", "")


def instant(name: str, parent: str, kind: SpanKind, **attributes: str | int) -> None:
    """For one message among many handled together: says in its own trace that it was reached. Costs nothing if it has none."""
    if parent:
        with span(name, parent=parent, kind=kind, **attributes):
            pass
