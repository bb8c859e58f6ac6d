"""What the gateway counts beside what the chassis does."""

from collections.abc import Iterable
from functools import cache
from time import perf_counter
from typing import Any

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from gateway.access import OF_DECISIONS, Access

requests = Histogram(
    "gatehouse_http_seconds",
    "Time a request takes in the gateway",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
refused = Counter("gatehouse_credentials_refused", "Credentials that were refused", ["code"])
child = cache(requests.labels)
# By name where the route does not tell: all of one protocol may come in by a single one.
api_calls = Counter("gatehouse_api_calls", "Calls of ClearML and DVC clients", ["surface", "call"])
unreported = Gauge("gatehouse_api_calls_unreported", "Reports of workspaces' calls that billing has not taken yet")


def observe(began: float, method: str, rule: Any, status: str) -> None:
    # Unknown addresses share one label: people choose them, and labels are kept for ever.
    route = (method, rule.rule) if rule else ("", "")
    child(*route, status[:3]).observe(perf_counter() - began)


class AccessCollector(Collector):
    """Read from the cache when asked for, so that a hit costs nothing."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def collect(self) -> Iterable[Any]:
        looked = CounterMetricFamily("gatehouse_access_cache_lookups", "Look-ups of the access cache", labels=["memory", "outcome"])
        size = GaugeMetricFamily("gatehouse_access_cache_entries", "Entries of the access cache", labels=["memory"])
        for name in ("principals", "roles", "decisions", "vaults"):
            memory = getattr(self._access, name)
            looked.add_metric([name, "hit"], memory.hits)
            looked.add_metric([name, "miss"], memory.misses)
            size.add_metric([name], len(memory))
        bypassed = CounterMetricFamily("gatehouse_access_cache_bypassed", "Look-ups that did not trust the access cache")
        bypassed.add_metric([], self._access.bypassed)
        believed = float(self._access.trusted(OF_DECISIONS))
        trusted = GaugeMetricFamily("gatehouse_access_cache_trusted", "1 while events are heard", value=believed)
        silence = GaugeMetricFamily("gatehouse_access_cache_silence_seconds", "Since events of this service were heard", labels=["source"])
        for source, seconds in self._access.silence().items():
            silence.add_metric([source], seconds)
        return [looked, size, bypassed, trusted, silence]


def watch(access: Access) -> Collector:
    collector = AccessCollector(access)
    REGISTRY.register(collector)
    return collector
