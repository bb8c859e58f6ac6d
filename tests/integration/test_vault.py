"""The vault over a real database: saved all or nothing, told without a value, destroyed with whoever it belonged to."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from services.chassis import usecase
from services.chassis.errors import Conflict, LimitExceeded, NotFound, Unprocessable
from services.chassis.publiclog import PublicLog
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from services.chassis.sinks import ReactionSink
from services.vault.application import Vault
from services.vault.projections import CloudCredentials, StorageAccesses
from services.vault.reactions import Endings
from services.vault.service import VaultService
from tests.builders.public_events import events
from tests.builders.vault import ADA, AWS, S3, VISION, add, emptied
from tests.builders.workspaces import NOON
from tests.kit.ledger import rows

BOB = uuid4()
OURS = {"owner_id": None, "workspace_id": VISION}
SAS = {"bucket": "models", "secret": "?sv=2022&sig=abcdefghijk"}


@pytest.fixture
def app(database_url: str):
    settings = Settings(
        database_url=emptied(database_url), amqp_url="none", secret_key="k" * 32, vault_master_key="a" * 42 + "g", cloud_credentials=3
    )
    app = Vault.connect(settings)
    yield app
    app.close()


@pytest.fixture
def service(app: Vault) -> VaultService:
    service = VaultService()
    service.app, service.clock = app, lambda: NOON
    return service


def sealed(app: Vault) -> set[UUID]:
    return {row["record_id"] for row in app.database.all("SELECT record_id FROM sealed")}


@pytest.mark.feature("V-11")
def test_one_save_one_change_one_end(app: Vault) -> None:
    added = add(app)
    listed = app.list_cloud_credentials(50, None, owner_id=ADA)["items"]
    assert [(row["id"], row["name"], row["shown"], row["uses"]) for row in listed] == [
        (added["id"], "training", added["shown"], ["data", "compute"])
    ]
    said = {"provider": "aws", "name": "other", "uses": [], "values": AWS | {"region": "us-west-2"}}
    app.change_cloud_credential(credential_id=added["id"], owner_id=ADA, **said)
    [row] = app.list_cloud_credentials(50, None, owner_id=ADA)["items"]
    assert (row["name"], row["shown"]["region"], row["uses"]) == ("other", "us-west-2", [])
    assert [row["version"] for row in app.database.all("SELECT version FROM sealed")] == [2]
    app.delete_cloud_credential(added["id"], owner_id=ADA)
    assert (app.list_cloud_credentials(50, None, owner_id=ADA)["items"], sealed(app)) == ([], set())


def test_what_is_refused_leaves_nothing_behind(app: Vault) -> None:
    with pytest.raises(Unprocessable):
        add(app, values=S3)
    added = add(app)
    with pytest.raises(Unprocessable):
        app.change_cloud_credential(
            credential_id=added["id"], owner_id=ADA, provider="aws", name="x", uses=[], values={"access_key_id": "AKIAOTHEROTHEROTHER1"}
        )
    assert [row["version"] for row in app.database.all("SELECT version FROM sealed")] == [1]
    assert app.recorder.max_notification_id() == 1


def test_lists_are_of_one_holder(app: Vault) -> None:
    own, ours = add(app), add(app, **OURS)
    add(app, owner_id=BOB)
    assert [row["id"] for row in app.list_cloud_credentials(50, None, owner_id=ADA)["items"]] == [own["id"]]
    assert [row["id"] for row in app.list_cloud_credentials(50, None, workspace_id=VISION)["items"]] == [ours["id"]]


def test_there_is_room_for_so_many(app: Vault) -> None:
    for _ in range(3):
        add(app)
        app.add_storage_access(ADA, SAS)
    with pytest.raises(LimitExceeded, match="cloud_credential_limit_reached"):
        add(app)
    with pytest.raises(LimitExceeded, match="storage_access_limit_reached"):
        app.add_storage_access(ADA, SAS)
    add(app, owner_id=BOB)


def test_events_tell_who_and_what_and_never_a_value(app: Vault) -> None:
    added = add(app, **OURS)
    app.use_cloud_credential(added["id"], "compute", workspace_id=VISION)
    told = PublicLog(app).after(0, 100)
    assert [event.type for event in told] == ["vault.cloud_credential.added", "vault.secret.used"]
    assert [event.workspace_id for event in told] == [str(VISION)] * 2
    assert told[0].data == {"credential_id": str(added["id"]), "account_id": None, "provider": "aws", "uses": ["data", "compute"]}
    said = {"record_id": str(added["id"]), "kind": "cloud_credential", "account_id": None, "use": "compute", "link_id": None}
    assert told[1].data == said


def test_of_two_who_open_a_link_at_once_one_gets_it(app: Vault) -> None:
    added = add(app)
    link = app.make_secret_link(credential_id=added["id"], account_id=ADA, use="data", now=NOON, owner_id=ADA)

    def attempt(_: int) -> bool:
        service = VaultService()
        service.app, service.clock = app, lambda: NOON
        try:
            usecase.run("vault", "open_secret_link", app, {"token": link["token"]}, lambda payload: service.open_secret_link(payload))
        except Conflict as refusal:
            assert refusal.code == "secret_link_used"
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, range(6))) == 1
    topics = [event.type for event in PublicLog(app).after(0, 100)]
    assert (topics.count("vault.secret.used"), topics.count("vault.secret_link.reopened")) == (1, 5)


def test_of_many_who_change_one_at_once_each_is_sealed_with_its_event_or_not_at_all(app: Vault) -> None:
    added = add(app)
    said = {"provider": "aws", "uses": ["data"], "owner_id": ADA}

    def change(number: int) -> bool:
        values = AWS | {"region": f"region-{number}"}
        command = lambda _: app.change_cloud_credential(credential_id=added["id"], name=f"{number}", values=values, **said)  # noqa: E731
        try:
            usecase.run("vault", "change", app, {}, command)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        changed = sum(pool.map(change, range(6)))
    assert changed > 0
    assert [row["version"] for row in app.database.all("SELECT version FROM sealed")] == [1 + changed]
    shown = app.get_cloud_credential(added["id"], owner_id=ADA)
    values = app.use_cloud_credential(added["id"], "data", owner_id=ADA)["values"]
    assert values == AWS | {"region": f"region-{shown['name']}"}


@pytest.mark.feature("V-11")
@pytest.mark.feature("V-15")
def test_with_an_account_goes_what_it_held_and_nothing_else(app: Vault) -> None:
    mine, access = add(app), app.add_storage_access(ADA, SAS)
    ours, others = add(app, **OURS), add(app, owner_id=BOB)
    sink = ReactionSink(Endings(app), app.database)
    [erased] = events("identity", ("identity.account.erased", {"account_id": ADA, "address_ids": []}))
    for _ in range(2):
        sink.react(erased)
    assert sealed(app) == {ours["id"], others["id"]}
    assert app.list_cloud_credentials(50, None, owner_id=ADA)["items"] == app.list_storage_access(ADA, 50, None)["items"] == []
    for gone in (lambda: app.use_cloud_credential(mine["id"], "data", owner_id=ADA), lambda: app.use_storage_access(ADA, access["id"])):
        with pytest.raises(NotFound):
            gone()
    added = app.mapper.to_domain_event(app.log.read(0, 1)[0].event)
    assert (added.name.value, added.shown.value) == (None, None)
    assert app.use_cloud_credential(ours["id"], "data", workspace_id=VISION)["values"] == AWS


def test_with_a_workspace_goes_what_it_held(app: Vault) -> None:
    own, _ = add(app), add(app, **OURS)
    sink = ReactionSink(Endings(app), app.database)
    sink.react(*events("workspaces", ("workspaces.workspace.deleted", {}), workspace_id=VISION))
    assert sealed(app) == {own["id"]}
    assert app.list_cloud_credentials(50, None, workspace_id=VISION)["items"] == []


@pytest.mark.parametrize("projection", [CloudCredentials, StorageAccesses], ids=lambda projection: projection.name)
def test_a_rebuilt_view_equals_the_live_one(app: Vault, projection) -> None:
    first, second = add(app), add(app, **OURS)
    access = app.add_storage_access(ADA, SAS)
    app.add_storage_access(BOB, SAS)
    said = {"provider": "aws", "name": "other", "uses": [], "values": AWS}
    app.change_cloud_credential(credential_id=second["id"], workspace_id=VISION, **said)
    app.delete_cloud_credential(first["id"], owner_id=ADA)
    app.delete_storage_access(ADA, access["id"])
    before = {table: rows(app.database, table) for table in projection.tables}
    assert all(before.values())
    Rebuild(app, projection, None).run()
    assert {table: rows(app.database, table) for table in projection.tables} == before


def test_commands_and_answers_pass_the_boundary(service: VaultService) -> None:
    holder = {"owner_id": str(ADA)}
    added = service.add_cloud_credential(
        {**holder, "account_id": str(ADA), "provider": "s3", "name": "minio", "uses": ["data"], "values": S3}
    )
    named = {**holder, "credential_id": added["id"]}
    assert service.get_cloud_credential(named) == added
    assert [item["id"] for item in service.list_cloud_credentials(holder)["items"]] == [added["id"]]
    assert service.use_cloud_credential({**named, "use": "data"})["values"] == S3
    made = service.make_secret_link({**named, "account_id": str(ADA), "use": "data"})
    assert service.open_secret_link({"token": made["token"]})["values"] == S3
    assert service.delete_cloud_credential(named) == {}
    assert len(service.needed_permissions({"provider": "aws"})["permissions"]) == 41
    row = service.add_storage_access({"account_id": str(ADA), "values": SAS})
    named = {"account_id": str(ADA), "access_id": row["id"]}
    assert service.use_storage_access(named)["values"] == SAS
    service.change_storage_access({**named, "values": {"bucket": "models", "secret": "?sig=another-one"}})
    assert len(service.list_storage_access({"account_id": str(ADA)})["items"]) == 1
    assert service.delete_storage_access(named) == {}
