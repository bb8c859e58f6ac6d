"""What a process counts; names follow the Prometheus conventions."""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

published = Counter("gatehouse_events_published_total", "Public events confirmed by the broker", ["source"])
leading = Gauge("gatehouse_publisher_leading", "1 in the process that publishes this service's events", ["source"])
applied = Counter("gatehouse_events_applied_total", "Events a projection has applied", ["consumer"])
parked = Counter("gatehouse_events_parked_total", "Events a reaction has given up on", ["consumer"])
lag = Gauge("gatehouse_consumer_lag", "Positions between a source's head and what a consumer has seen", ["consumer", "source"])
consumer_stopped = Gauge("gatehouse_consumer_stopped", "1 while a consumer cannot go on", ["consumer"])
rpc_seconds = Histogram("gatehouse_rpc_seconds", "Time a call takes inside the service", ["service", "method", "outcome"])
rpc_child = cache(rpc_seconds.labels)
rpc_pending = Gauge("gatehouse_rpc_pending", "Calls of the gateway that await their answer")
