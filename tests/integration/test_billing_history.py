"""A subscription as it was."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.billing.application import Billing
from services.billing.service import SPEC, BillingService
from services.chassis import schema
from services.chassis.history import At
from services.chassis.settings import Settings
from tests.builders.billing import AUDIO, VISION, buy, plans_file


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Billing]:
    app = Billing.connect(
        Settings(database_url=database_url, amqp_url="none", secret_key="k" * 32, plans_file=plans_file(tmp_path), state=tmp_path)
    )
    schema.create(app.database, SPEC.tables)
    yield app
    app.close()


def test_a_subscription_is_answered_as_it_was(app: Billing) -> None:
    seen: list[tuple[datetime, int, dict[str, Any]]] = []

    def look() -> None:
        now = datetime.now(UTC)
        seen.append((now, app.log.max_notification_id() or 0, app.get_subscription(VISION, now)))

    app.start_subscription(VISION, datetime.now(UTC))
    look()
    for change in ({"seats": 1}, {"seats": 3}, {"plan": "pro", "seats": 4}, {"plan": "free", "seats": None}):
        buy(app, now=datetime.now(UTC), **change)
        buy(app, now=datetime.now(UTC), whose=AUDIO)
        look()
    assert [answer["plan"] for *_, answer in seen] == ["free", "team", "team", "pro", "pro"]
    assert seen[-1][2]["planned"] == {"plan": "free", "seats": None}

    for time, position, answer in seen:
        for at in (At(time=time), At(time=time, position=position)):
            with app.past(VISION, at, datetime.now(UTC)) as now:
                assert app.get_subscription(VISION, now) == answer


def test_seats_that_were_used_are_told_by_whoever_knows_of_them_then(app: Billing) -> None:
    buy(app, now=datetime.now(UTC))
    service: Any = BillingService()
    service.app, service.clock = app, lambda: datetime.now(UTC)
    asked = {"workspace_id": str(VISION), "at": {"time": datetime.now(UTC).isoformat()}, "seats_used": 7}
    assert service.get_subscription(asked)["seats_used"] == 7
    assert service.get_subscription({"workspace_id": str(VISION)})["seats_used"] == 0
