import threading
from uuid import uuid4

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.chassis import broker, context, tracing
from services.chassis.consumer import Consumer
from services.chassis.context import CallContext
from services.chassis.publisher import Publisher
from services.chassis.sinks import ProjectionSink, ReactionSink
from services.chassis.sources import LocalLogs
from tests.kit.ledger import Credits, Ledger, Welcome
from tests.servers.waiting import eventually


@pytest.fixture
def spans() -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


def test_one_trace_leads_from_the_request_through_append_and_publishing_into_projections_and_reactions(
    ledger: Ledger, spans: InMemorySpanExporter
) -> None:
    logs = LocalLogs(lambda name: ledger)
    sinks = ProjectionSink(Credits(), ledger.db), ReactionSink(Welcome(ledger), ledger.db)
    stop = threading.Event()
    loops = [Publisher(ledger, broker.IN_PROCESS).run, *(Consumer("ledger", sink, logs, broker.IN_PROCESS).run for sink in sinks)]
    threads = [threading.Thread(target=loop, args=(stop,)) for loop in loops]
    for thread in threads:
        thread.start()
    with tracing.span("request") as request, context.use(CallContext(correlation_id="c", traceparent=tracing.traceparent())):
        ledger.open(uuid4(), "Ada")
    expected = {
        "request",
        "append ledger",
        "publish ledger.account.opened",
        "react ledger.reactions",
        # The reaction's own credit is published and projected too: the chain goes on behind it.
        "publish ledger.account.credited",
        "project ledger.credits",
    }

    def found() -> set[str]:
        trace_id = request.get_span_context().trace_id
        return {span.name for span in spans.get_finished_spans() if span.context.trace_id == trace_id}

    try:
        eventually(lambda: expected <= found())
    finally:
        stop.set()
        for thread in threads:
            thread.join()
