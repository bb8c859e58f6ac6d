"""Configuration vaults over a real database: who is served what, in which order, and what goes with accounts and workspaces."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.chassis import context, usecase
from services.chassis.context import CallContext
from services.chassis.errors import InternalError
from services.chassis.publiclog import PublicLog
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from services.vault.application import Vault
from services.vault.projections.configurations import Configurations
from services.vault.views.configurations import configurations, editions
from tests.builders.vault import ADA, VISION, emptied
from tests.builders.workspaces import NOON
from tests.kit.ledger import rows

BOB, TEAM, ALL = uuid4(), uuid4(), uuid4()


@pytest.fixture
def app(database_url: str):
    settings = Settings(database_url=emptied(database_url), amqp_url="none", secret_key="k" * 32, vault_master_key="a" * 42 + "g")
    app = Vault.connect(settings)
    yield app
    app.close()


def group(app: Vault, name: str, content: str, *groups: UUID, enabled: bool = True, workspace_id: UUID = VISION) -> UUID:
    made = app.create_configuration(workspace_id, name, list(groups or [TEAM]), "hocon", content, enabled)
    return made["id"]


def own(app: Vault, content: str, account_id: UUID = ADA, workspace_id: UUID = VISION, **more: Any) -> UUID:
    change = {"enabled": True, "format": "yaml"} | more
    return app.change_configuration(workspace_id, None, account_id=account_id, content=content, **change)["id"]


def served(app: Vault, *groups: UUID, account_id: UUID = ADA) -> list[str]:
    return [item["data"] for item in app.served_configurations(VISION, account_id, list(groups))["items"]]


@pytest.mark.feature("V-09")
def test_groups_come_by_name_then_the_persons_own_whatever_was_saved_first(app: Vault) -> None:
    own(app, "a: own")
    group(app, "20 team", "a = team")
    group(app, "10 all", "a = all", ALL)
    group(app, "Z capital letters come first", "a = Z")
    assert served(app, TEAM, ALL) == ['{"a":"all"}', '{"a":"team"}', '{"a":"Z"}', '{"a":"own"}']


@pytest.mark.feature("V-02")
def test_only_what_is_enabled_and_ones_own_or_ones_groups_is_served(app: Vault) -> None:
    group(app, "off", "a = off", enabled=False)
    group(app, "elsewhere", "a = elsewhere", workspace_id=uuid4())
    group(app, "others", "a = others", ALL)
    own(app, "a: bob", BOB)
    own(app, "a: off", enabled=False)
    group(app, "mine", "a = mine", TEAM, ALL)
    assert served(app, TEAM) == ['{"a":"mine"}']
    assert served(app) == []


@pytest.mark.feature("V-10")
def test_whatever_it_was_written_in_json_is_served(app: Vault) -> None:
    own(app, "sdk:\n  aws:\n    region: x\n  on: no\n")
    assert served(app) == ['{"sdk":{"aws":{"region":"x"},"on":"no"}}']


def test_each_key_is_told_with_who_gave_it_and_over_whom(app: Vault) -> None:
    first, second = group(app, "1", 'a { b = 1, c = 1 }, l = [x, ""]'), group(app, "2", "a { b = 2 }, d = null")
    mine = own(app, "a:\n  b: 3\n")
    told = app.effective_configuration(VISION, ADA, [TEAM])
    assert told["values"] == {"a": {"b": 3, "c": 1}, "l": ["x"], "d": None}
    assert {each["key"]: (each["vault_id"], each["overridden"]) for each in told["keys"]} == {
        "a.b": (str(mine), [str(second), str(first)]),
        "a.c": (str(first), []),
        "l": (str(first), []),
        "d": (str(second), []),
    }
    assert [row["id"] for row in told["vaults"]] == [first, second, mine]


@pytest.mark.feature("V-08")
def test_lists_tell_names_of_keys_and_versions_newest_first(app: Vault) -> None:
    id = group(app, "team", 'sdk.aws.secret = "hunter2"')
    app.change_configuration(VISION, None, configuration_id=id, content="a = 1")
    own(app, "a: 1")
    [row] = app.list_configurations(VISION, 50, None)["items"]
    assert (row["name"], row["keys"], row["edition"], row["group_ids"], row["enabled"]) == ("team", ["a"], 2, [str(TEAM)], True)
    page = app.list_editions(VISION, 1, None, configuration_id=id)
    assert [each["edition"] for each in page["items"]] == [2]
    rest = app.list_editions(VISION, 1, page["next_cursor"], configuration_id=id)
    assert [(each["edition"], each["keys"]) for each in rest["items"]] == [(1, ["sdk.aws.secret"])]


def readings(app: Vault) -> list[Any]:
    return [event for event in PublicLog(app).after(0, 1000) if event.type == "vault.configuration.read"]


def test_what_somebody_elses_clients_hold_is_on_record_each_time_and_ones_own_once_in_a_while(app: Vault) -> None:
    texts = [{"configuration_id": str(id), "version": 1} for id in (group(app, "team", "a = 1"), own(app, "b: 2"))]
    for reader, expected in ((ADA, 1), (BOB, 3)):
        with context.use(CallContext(actor_id=str(reader), credential_id="c", ip="192.0.2.7")):
            for _ in range(expected):
                app.read_effective(VISION, ADA, [TEAM], NOON)
    told = [(event.actor_id, event.workspace_id, event.data) for event in readings(app)]
    said = {"account_id": str(ADA), "use": "effective", "texts": texts}
    assert told == [(str(reader), str(VISION), said) for reader in (ADA, BOB, BOB, BOB)]


def test_many_clients_that_start_at_once_are_one_reading(app: Vault) -> None:
    """As RPC runs them: whoever loses the race finds that it is on record."""
    texts = [{"configuration_id": str(own(app, "a: 1")), "version": 1}]

    def served(number: int) -> None:
        with context.use(CallContext(actor_id=str(ADA), credential_id="c", ip="192.0.2.7")):
            usecase.run("vault", "note", app, {}, lambda _: app.note_served(VISION, ADA, texts, NOON) or {})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(served, range(16)))
    assert [event.data["texts"] for event in readings(app)] == [texts]


def test_the_view_rebuilt_from_the_log_equals_the_live_one(app: Vault) -> None:
    id = group(app, "team", "a = 1")
    app.change_configuration(VISION, None, configuration_id=id, name="other", group_ids=[ALL], content="a = 2", enabled=False)
    app.delete_configuration(VISION, group(app, "gone", "a = 1"), None)
    own(app, "a: 1")
    before = rows(app.database, configurations), rows(app.database, editions)
    Rebuild(app, Configurations, None).run()
    assert (rows(app.database, configurations), rows(app.database, editions)) == before


def test_what_belonged_to_an_account_or_a_workspace_goes_with_it(app: Vault) -> None:
    own(app, "a: ada")
    own(app, "a: bob", BOB)
    group(app, "team", "a = 1")
    app.forget_account(ADA)
    assert served(app, TEAM) == ['{"a":1}']
    assert app.database.one("SELECT count(*) AS n FROM sealed WHERE owner_id = %s", ADA) == {"n": 0}
    app.forget_workspace(VISION)
    assert served(app, TEAM, account_id=BOB) == []
    assert app.database.one("SELECT count(*) AS n FROM sealed") == {"n": 0}


def test_nothing_of_a_text_lies_anywhere_in_clear(app: Vault) -> None:
    group(app, "team", 'sdk.aws.secret = "hunter2"')
    own(app, "password: hunter2")
    app.roll_back(VISION, 1, None, account_id=ADA)
    for table in ("stored_events", "configurations", "configuration_editions", "sealed"):
        stored = str(app.database.all(f"SELECT t::text AS row FROM {table} t"))
        assert "hunter2" not in stored
        assert b"hunter2".hex() not in stored
    assert "hunter2" not in str([event.to_wire() for event in PublicLog(app).after(0, 1000)])


def test_a_text_moved_to_another_person_does_not_open(app: Vault) -> None:
    mine, bobs = own(app, "a: ada"), own(app, "a: bob", BOB)
    app.database.run("DELETE FROM sealed WHERE record_id = %s", bobs)
    app.database.run("UPDATE sealed SET record_id = %s, owner_id = %s WHERE record_id = %s", bobs, BOB, mine)
    with pytest.raises(InternalError):
        served(app, account_id=BOB)
