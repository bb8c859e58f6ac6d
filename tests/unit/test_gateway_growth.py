"""Whether something new may be begun, as a gateway remembers it."""

from typing import Any

import pytest

from gateway.access import OF_VAULTS, Access
from gateway.app import create_app
from services.chassis.errors import Unavailable
from services.chassis.rpc_client import Answer
from services.chassis.settings import Settings

VISION, ADA, SESSION = (f"5b3c2f0e-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
FULL = {"code": "storage_limit_reached", "detail": "", "fields": {"limit": 5}}


class Services:
    def __init__(self) -> None:
        self.access = Access()
        self.client = create_app(Settings(secret_key="k" * 32), self, self.access).test_client()
        self.growth: dict[str, Any] = {"refusal": None, "until": None}
        self.asked = 0
        self.sent: list[Any] = []

    def call(self, service: str, method: str, payload: dict[str, Any]) -> Answer:
        if method == "authenticate":
            row = {
                "account_id": ADA,
                "session_id": SESSION,
                "address_ids": [],
                "operator": False,
                "expires_at": "2099-01-01T00:00:00+00:00",
            }
            return Answer(row, 0)
        if method == "role":
            return Answer({"role": "viewer", "expires_at": None}, 0)
        if method == "growth":
            assert payload == {"workspace_id": VISION}
            self.asked += 1
            return Answer(self.growth, 0)
        assert method == "put_resource"
        self.sent.append(payload["no_room"])
        return Answer({"type": "model", "id": "m", "name": "M", "parent": None}, 7)

    def put(self) -> int:
        path = f"/v1/workspaces/{VISION}/resources/model/m"
        return self.client.put(path, json={"name": "M"}, headers={"Authorization": "Bearer gs_of-ada"}).status_code

    def hears(self) -> None:
        for source in OF_VAULTS:
            self.access.heard(source)


@pytest.fixture
def services() -> Services:
    return Services()


def test_the_answer_is_remembered_until_something_about_the_workspace_changes(services: Services) -> None:
    services.hears()
    assert [services.put() for _ in range(3)] == [200] * 3
    services.growth = {"refusal": FULL, "until": None}
    services.access.drops.drop(VISION)
    assert [services.put() for _ in range(2)] == [200] * 2
    assert (services.sent, services.asked) == ([None] * 3 + [FULL] * 2, 2)


def test_what_ends_by_itself_is_not_believed_beyond_its_end(services: Services) -> None:
    services.hears()
    services.growth = {"refusal": FULL, "until": "2026-01-01T00:00:00+00:00"}
    services.put()
    services.put()
    assert services.asked == 2


def test_a_gateway_that_hears_nothing_asks_each_time(services: Services) -> None:
    services.put()
    services.put()
    assert services.asked == 2


def test_when_nobody_can_say_nothing_is_changed(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = services.call

    def call(service: str, method: str, payload: dict[str, Any]) -> Answer:
        if method == "growth":
            raise Unavailable("service_unavailable", "", {"retry_after": 1})
        return answer(service, method, payload)

    monkeypatch.setattr(services, "call", call)
    assert services.put() == 503
    assert services.sent == []
