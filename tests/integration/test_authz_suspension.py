"""A workspace that has not paid: its resources are closed to everybody, everything else about it stays open."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from services.authz.application import Authz
from services.authz.engine.loading import load
from services.authz.reactions import Payments
from services.authz.service import AuthzService
from services.chassis.errors import PermissionDenied
from services.chassis.publiclog import PublicLog
from services.chassis.settings import Settings
from services.chassis.sinks import ReactionSink
from tests.builders.authz import ADA, GRACE, NOW, VISION, connected, group, may, put, rule, vision
from tests.builders.public_events import events

CLOSED, REOPENED = ("billing.subscription.closed", {}), ("billing.subscription.reopened", {})


@pytest.fixture
def app(settings: Settings) -> Iterator[Authz]:
    app = connected(settings)
    vision(app)
    put(app, "project", "p")
    yield app
    app.close()


def hear(app: Authz, *said: tuple[str, dict[str, Any]]) -> None:
    """The whole story from its beginning, so that what was heard before comes again."""
    ReactionSink(Payments(app), app.database, sleep=lambda _: None).apply(events("billing", *said, workspace_id=VISION))


def closed(call: Callable[[], object]) -> bool:
    with pytest.raises(PermissionDenied, match="payment_required") as refused:
        call()
    return f"/v1/workspaces/{VISION}/invoices" in refused.value.detail


@pytest.mark.feature("B-06")
def test_nobody_may_do_anything_to_its_resources_and_payment_opens_them_as_they_were(app: Authz) -> None:
    assert may(app, ADA, "modify", "project", "p")
    hear(app, CLOSED)
    assert not any(may(app, who, action, "project", "p") for who in (ADA, GRACE) for action in ("read", "modify", "create", "delete"))
    assert closed(lambda: put(app, "project", "q"))
    assert closed(lambda: app.delete_resource(VISION, GRACE, NOW, type="project", id="p"))
    assert closed(lambda: app.list_resources(VISION, GRACE, NOW, 10, None))
    assert closed(lambda: app.accessible(VISION, GRACE, "project", "read", NOW, 10, None))
    hear(app, CLOSED, REOPENED)
    assert may(app, ADA, "modify", "project", "p")
    assert put(app, "project", "q")["status"] == "created"


def test_the_answer_says_why_and_what_would_help(app: Authz) -> None:
    service = AuthzService()
    service.app, service.clock = app, partial(datetime.now, UTC)  # type: ignore[assignment]
    hear(app, CLOSED)
    one = {"account_id": str(ADA), "action": "read", "resource": {"type": "project", "id": "p"}}
    answer = service.check({"workspace_id": str(VISION), "explain": True, **one})
    assert (answer["allowed"], answer["reason"], answer["nearest"][0]["wants"]) == (False, "payment_required", "payment")
    many = service.check_batch({"workspace_id": str(VISION), "checks": [one, one]})["results"]
    assert [(each["allowed"], each["reason"]) for each in many] == [(False, "payment_required")] * 2


def test_members_groups_and_rules_stay_open(app: Authz) -> None:
    hear(app, CLOSED)
    made = group(app, "Team", ADA)
    assert rule(app, "project", "p", groups=[made])["resource_id"] == "p"
    assert app.groups_of_member(VISION, ADA, NOW)
    hear(app, CLOSED, REOPENED)
    assert app.list_rules(VISION, NOW, 10, None)["items"]


def test_what_is_heard_again_changes_nothing(app: Authz) -> None:
    hear(app, CLOSED, CLOSED)
    hear(app, CLOSED, CLOSED, REOPENED, REOPENED)
    told = [event.type for event in PublicLog(app).after(0, 100)]
    assert [told.count(f"authz.workspace.{name}") for name in ("suspended", "resumed")] == [1, 1]


def test_an_index_loaded_from_the_views_knows_it_too(app: Authz) -> None:
    hear(app, CLOSED)
    with app.database.connect() as connection, connection.transaction():
        assert load(connection, VISION).suspended
    hear(app, CLOSED, REOPENED)
    with app.database.connect() as connection, connection.transaction():
        assert not load(connection, VISION).suspended
