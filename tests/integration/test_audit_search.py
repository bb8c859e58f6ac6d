"""Searching by words over many months, page by page, is the same as looking at every entry."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from services.audit.application import Audit
from services.audit.projections import Journal
from services.audit.service import SPEC, AuditService
from services.chassis import schema
from services.chassis.public import PublicEvent
from services.chassis.settings import Settings
from services.chassis.sinks import ProjectionSink
from services.chassis.views import sealed
from tests.builders.public_events import NOON, events

VISION, ADA = UUID("00000000-0000-4000-8000-000000000001"), UUID("00000000-0000-4000-8000-00000000000a")
RANDOM = Random(7)


def _history() -> list[PublicEvent]:
    """Some four hundred over fourteen months, many of them close together, one name often and one seldom, one only late."""
    said = [("workspaces.workspace.renamed", {"name": _name(number)}) for number in range(400)]
    made, at = [], NOON - timedelta(days=400)
    for event in events("workspaces", *said, workspace_id=VISION, actor_id=str(ADA)):
        at += timedelta(days=RANDOM.choice((0, 0, 0, 0.01, 0.4, 3)), seconds=RANDOM.choice((0, 1)))
        made.append(replace(event, time=at))
    return made


def _name(number: int) -> str:
    return " ".join(["often" * (number % 2), "seldom" * (number % 41 == 0), "late" * (number > 380), "last" * (number == 399)])


HISTORY = _history()
MIDDLE, NEAR_END = HISTORY[200].time, HISTORY[390].time


@pytest.fixture(scope="module")
def service(database_url: str) -> Iterator[AuditService]:
    app = Audit.connect(Settings(database_url=database_url, amqp_url="none", secret_key="k" * 32))
    schema.create(app.database, SPEC.tables)
    ProjectionSink(Journal(), app.database).apply(HISTORY)
    service = AuditService()
    service.app, service.clock = app, lambda: NOON
    yield service
    app.close()


def found(service: AuditService, **query: Any) -> list[int]:
    positions: list[int] = []
    cursor = None
    while True:
        page = service.list_entries({"workspace_id": str(VISION), "cursor": cursor, **query})
        positions += [entry["position"] for entry in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            return positions


def expected(words: set[str], since: datetime | None, until: datetime | None) -> list[int]:
    return [
        event.position
        for event in HISTORY
        if words <= set(event.data["name"].split()) and (since is None or event.time >= since) and (until is None or event.time < until)
    ]


@pytest.mark.parametrize("words", ["often", "seldom", "late", "last", "often seldom", "never"])
@pytest.mark.parametrize(("since", "until"), [(None, None), (MIDDLE, None), (None, MIDDLE), (MIDDLE, NEAR_END)], ids=range(4))
@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_a_search_for_words_finds_what_has_them_in_order(
    service: AuditService, words: str, since: datetime | None, until: datetime | None, order: str
) -> None:
    bounds = {name: moment.isoformat() for name, moment in (("from", since), ("to", until)) if moment}
    wanted = expected(set(words.split()), since, until)
    for limit in (3, 50):
        assert found(service, q=words, order=order, limit=limit, **bounds) == (wanted if order == "oldest" else wanted[::-1])


def test_the_same_of_all_that_concerns_an_account(service: AuditService) -> None:
    for words in ("often", "seldom", "last"):
        assert found(service, q=words, workspace_id=None, account_id=str(ADA), limit=7) == expected({words}, None, None)


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59.999999+00:00", "9999-12-31T23:59:59.999999-14:00", "0001-01-01T00:00:00+14:00"])
@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_a_cursor_at_the_end_of_time_breaks_nothing(service: AuditService, moment: str, order: str) -> None:
    cursor = sealed([moment, "", "0"])
    page = service.list_entries({"workspace_id": str(VISION), "q": "seldom", "order": order, "cursor": cursor})
    assert len(page["items"]) == (10 if moment.startswith("9") is (order == "newest") else 0)
