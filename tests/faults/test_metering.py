"""Calls that were answered are counted once, whatever is killed or away meanwhile."""

import threading
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.billing.application import Billing
from tests.faults.person import Person
from tests.faults.truth import Truth
from tests.kit.installations import Installation
from tests.servers import eventually

THREADS = 3


class Caller:
    """Asks in several threads, and knows how often it was answered and how often it may have been."""

    def __init__(self, person: Person, workspace: str) -> None:
        self._path, self._person = f"/workspaces/{workspace}/members", person
        self._stop, self._lock = threading.Event(), threading.Lock()
        self.answered = self.unsure = 0
        self._threads = [threading.Thread(target=self._run) for _ in range(THREADS)]

    def __enter__(self) -> "Caller":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def more(self, number: int) -> None:
        before = self.answered
        eventually(lambda: self.answered >= before + number, within=60)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                ok = self._person.send("GET", self._path).ok
                with self._lock:
                    self.answered += ok
            except OSError:
                # Cut off: it may have been counted before its answer was lost.
                with self._lock:
                    self.unsure += 1
                self._stop.wait(0.05)


def counted(truth: Truth, workspace: str) -> int:
    app = truth.app("billing")
    assert isinstance(app, Billing)
    found: int = app.usage(UUID(workspace), datetime.now(UTC))["api_calls"]["used"]
    return found


def settled(cluster: Installation, truth: Truth, workspace: str, caller: Caller) -> None:
    """Nothing lost; nothing doubled: no call is counted that nobody made."""
    eventually(lambda: counted(truth, workspace) >= caller.answered, within=60)
    eventually(lambda: cluster.gateway.metric("gatehouse_api_calls_unreported") == 0)
    assert caller.answered <= counted(truth, workspace) <= caller.answered + caller.unsure
    app = truth.app("billing")
    now = datetime.now(UTC)
    period = app.usage(UUID(workspace), now)["period"]  # type: ignore[attr-defined]
    recounted = app.tally().figures(UUID(workspace), period["start"], period["end"])["api_calls"]  # type: ignore[attr-defined]
    assert recounted == counted(truth, workspace)


@pytest.mark.feature("G-07")
@pytest.mark.parametrize("point", ["", "gateway.reported"])
def test_a_gateway_killed_amid_traffic_loses_no_call_and_doubles_none(
    cluster: Installation, operator: Person, workspace: str, truth: Truth, point: str
) -> None:
    """At any instant, and after its report was taken but before it knew."""
    gateway = cluster.gateway
    if point:
        gateway.kill()
        gateway.start(GATEHOUSE_CRASH_AT=point)
        gateway.await_ready()
    with Caller(operator, workspace) as caller:
        if point:
            gateway.ended(within=60)
        else:
            caller.more(50)
            gateway.kill()
        cluster.start()
        caller.more(50)
    settled(cluster, truth, workspace, caller)


@pytest.mark.feature("G-07")
def test_what_is_counted_while_billing_is_away_is_told_later(cluster: Installation, operator: Person, workspace: str, truth: Truth) -> None:
    gateway = cluster.gateway
    cluster.service("billing").kill()
    with Caller(operator, workspace) as caller:
        caller.more(50)
        eventually(lambda: gateway.metric("gatehouse_api_calls_unreported") == 1)
        # A gateway that is told to end meanwhile leaves the rest to the next one.
        gateway.stop()
    assert counted(truth, workspace) == 0
    cluster.start()
    settled(cluster, truth, workspace, caller)
