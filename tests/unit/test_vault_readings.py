"""Who was given the text of a configuration, as the log tells it: once a while for what is alike."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.chassis import context
from services.chassis.context import CallContext
from services.chassis.errors import NotFound
from services.chassis.settings import Settings
from services.vault.application import Vault
from services.vault.domain import Reading

pytestmark = pytest.mark.unit

WORKSPACE, ADA, TEAM = uuid4(), uuid4(), uuid4()
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LAPTOP = CallContext(actor_id=str(ADA), credential_id=str(uuid4()), ip="192.0.2.7")


@pytest.fixture
def app() -> Vault:
    return Vault.in_memory(Settings(secret_key="k" * 32))


def saved(app: Vault, content: str = "a = hunter2") -> UUID:
    return app.change_configuration(WORKSPACE, None, account_id=ADA, content=content)["id"]


def readings(app: Vault) -> list[Any]:
    stored = app.recorder.select_notifications(1, 10_000)
    return [app.mapper.to_domain_event(each) for each in stored if each.topic == Reading.Created.TOPIC]


def read(app: Vault, *, by: CallContext = LAPTOP, use: str = "editor", **later: float) -> None:
    with context.use(by):
        app.read_configuration(WORKSPACE, use, NOON + timedelta(**later), account_id=ADA)


def test_the_first_reading_is_on_record_with_who_where_and_which_text_and_never_what_it_says(app: Vault) -> None:
    id = saved(app)
    read(app)
    [reading] = readings(app)
    assert (reading.account_id, reading.use, reading.texts) == (ADA, "editor", [{"configuration_id": str(id), "version": 1}])
    assert LAPTOP.to_wire().items() <= reading.metadata.items()
    assert not any(b"hunter2" in each.state for each in app.recorder.select_notifications(1, 10_000))


def test_more_of_the_same_within_the_hour_adds_nothing(app: Vault) -> None:
    saved(app)
    for minute in range(60):
        read(app, minutes=minute)
    assert len(readings(app)) == 1
    read(app, minutes=60)
    assert len(readings(app)) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"by": replace(LAPTOP, actor_id=str(uuid4()))},
        {"by": replace(LAPTOP, credential_id=str(uuid4()))},
        {"by": replace(LAPTOP, ip="192.0.2.8")},
        {"use": "download"},
    ],
    ids=["account", "credential", "address", "use"],
)
def test_whatever_is_not_alike_is_on_record_by_itself(app: Vault, other: dict[str, Any]) -> None:
    saved(app)
    read(app)
    read(app, **other)
    assert len(readings(app)) == 2


def test_another_text_is_on_record_by_itself(app: Vault) -> None:
    saved(app)
    read(app)
    saved(app, "a = 2")
    read(app)
    assert [reading.texts[0]["version"] for reading in readings(app)] == [1, 2]


def test_versions_and_differences_are_readings_too(app: Vault) -> None:
    id = saved(app)
    saved(app, "a = 2")
    app.read_edition(WORKSPACE, 1, NOON, account_id=ADA)
    app.read_difference(WORKSPACE, 1, 2, NOON, account_id=ADA)
    told = [(reading.use, [text["version"] for text in reading.texts]) for reading in readings(app)]
    assert told == [("version", [1]), ("diff", [1, 2])]
    assert {text["configuration_id"] for reading in readings(app) for text in reading.texts} == {str(id)}


def test_an_administrators_is_told_without_an_account(app: Vault) -> None:
    made = app.create_configuration(WORKSPACE, "Team", [TEAM], "hocon", "a = 1")
    app.read_configuration(WORKSPACE, "download", NOON, configuration_id=made["id"])
    [reading] = readings(app)
    assert (reading.account_id, reading.use, reading.texts) == (None, "download", [{"configuration_id": str(made["id"]), "version": 1}])


def test_whoever_changes_something_else_is_given_the_text_and_whoever_sends_it_is_not(app: Vault) -> None:
    saved(app)
    app.edit_configuration(WORKSPACE, None, NOON, account_id=ADA, content="a = 2")
    assert readings(app) == []
    app.edit_configuration(WORKSPACE, None, NOON, account_id=ADA, enabled=True)
    assert [reading.use for reading in readings(app)] == ["editor"]


def test_what_says_nothing_and_what_is_refused_is_not_read(app: Vault) -> None:
    read(app)
    with pytest.raises(NotFound):
        app.read_edition(WORKSPACE, 1, NOON, account_id=ADA)
    assert readings(app) == []
