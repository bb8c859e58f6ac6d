"""What one person's browser shows to buckets."""

from uuid import uuid4

import pytest

from services.chassis.errors import NotFound, Unprocessable
from services.vault.application import Vault
from services.vault.domain.providers import MASK
from tests.builders.vault import ADA, vault
from tests.builders.workspaces import log, topics

KEYS = {"bucket": "models", "key": "AKIAIOSFODNN7EXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG", "region": "eu-central-1"}
SAS = {"bucket": "models", "secret": "?sv=2022&sig=abcdefghijk", "host": "vision.blob.core.windows.net"}


@pytest.fixture
def app() -> Vault:
    return vault()


@pytest.mark.feature("V-15")
@pytest.mark.parametrize("values", [KEYS, SAS, KEYS | {"session_token": "t" * 300}, KEYS | {"host": "minio.example.org:9000"}])
def test_a_row_is_shown_masked_and_given_whole_to_its_owner(app, values) -> None:
    added = app.add_storage_access(ADA, values)
    assert added["shown"] == values | {name: MASK for name in ("secret", "session_token") if name in values}
    assert app.use_storage_access(ADA, added["id"])["values"] == values
    assert (log(app)[-1].TOPIC, log(app)[-1].use) == ("vault.secret.used", "browser")
    assert values["secret"] not in "".join(each.state.decode() for each in app.recorder.select_notifications(1, 100))


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"bucket": "models"}, "secret"),
        ({"bucket": "models", "key": KEYS["key"]}, "secret"),
        (SAS | {"session_token": "t"}, "session_token"),
        (KEYS | {"secret": MASK}, "secret"),
        (KEYS | {"secret": KEYS["secret"] + "\n"}, "secret"),
        (KEYS | {"key": " " + KEYS["key"]}, "key"),
        (KEYS | {"bucket": "mo dels"}, "bucket"),
        (KEYS | {"bucket": "models\n"}, "bucket"),
        (KEYS | {"host": "user:pw@host"}, "host"),
        (KEYS | {"host": "https://host/path"}, "host"),
        (KEYS | {"region": "Frankfurt am Main"}, "region"),
        (KEYS | {"secret": "\ud800"}, "secret"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_saved(app, values, named) -> None:
    with pytest.raises(Unprocessable) as refusal:
        app.add_storage_access(ADA, values)
    assert list(refusal.value.fields) == [named]
    assert log(app) == []


@pytest.mark.feature("V-15")
def test_a_secret_stays_as_long_as_it_serves_the_same_bucket(app) -> None:
    added = app.add_storage_access(ADA, KEYS)
    masked = {**added["shown"], "region": "us-west-2"}
    assert app.change_storage_access(ADA, added["id"], masked)["shown"]["region"] == "us-west-2"
    assert app.use_storage_access(ADA, added["id"])["values"] == KEYS | {"region": "us-west-2"}
    for moved in ({"bucket": "other"}, {"host": "elsewhere.example.org"}, {"key": "AKIAOTHER"}):
        with pytest.raises(Unprocessable) as refusal:
            app.change_storage_access(ADA, added["id"], masked | moved)
        assert list(refusal.value.fields) == ["secret"]


@pytest.mark.feature("V-15")
def test_rows_are_their_owners_only_and_end_with_their_secret(app) -> None:
    added = app.add_storage_access(ADA, SAS)
    for attempt in (
        lambda who: app.use_storage_access(who, added["id"]),
        lambda who: app.delete_storage_access(who, added["id"]),
        lambda who: app.change_storage_access(who, added["id"], SAS),
    ):
        with pytest.raises(NotFound, match="storage_access_not_found"):
            attempt(uuid4())
    app.delete_storage_access(ADA, added["id"])
    with pytest.raises(NotFound, match="storage_access_not_found"):
        app.use_storage_access(ADA, added["id"])
    assert app.sealing._envelopes == {}
    assert topics(app) == ["vault.storage_access.added", "vault.storage_access.deleted"]
