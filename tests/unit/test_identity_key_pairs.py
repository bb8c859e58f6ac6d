"""Key pairs: made, labelled, revoked."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.chassis.errors import NotFound, PermissionDenied, Unprocessable
from services.identity.application import Identity
from services.identity.domain import KeyPair
from tests.builders.identity import NOON, founded, log, register_verified, topics

pytestmark = pytest.mark.unit
VISION, OTHER, BOB = (UUID(f"00000000-0000-4000-8000-0000000000{end}") for end in ("01", "02", "0b"))


@pytest.fixture
def app() -> Identity:
    return founded()


@pytest.fixture
def ada(app: Identity) -> UUID:
    return register_verified(app)["id"]


def create(app: Identity, account_id: UUID, **terms: Any) -> dict[str, Any]:
    return app.create_key_pair(account_id=account_id, workspace_id=VISION, now=NOON, **terms)


@pytest.mark.feature("C-05", "C-08")
def test_a_key_pair_has_the_shape_its_clients_know_and_only_a_digest_of_its_secret_is_stored(app: Identity, ada: UUID) -> None:
    made = create(app, ada, label="laptop")
    assert re.fullmatch(r"[A-Z0-9]{30}", made["access_key"])
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{66}", made["secret_key"])
    stored = app.load(KeyPair, made["id"])
    assert stored.digest == app.keys.digest("key-pair", made["secret_key"])
    assert not any(made["secret_key"].encode() in each.state for each in app.recorder.select_notifications(1, 10_000))


@pytest.mark.feature("C-09")
def test_its_maker_and_an_administrator_may_label_a_pair_and_others_may_not(app: Identity, ada: UUID) -> None:
    key = create(app, ada)["access_key"]
    whose = {"workspace_id": VISION, "access_key": key}
    assert app.label_key_pair(account_id=ada, label="mine", **whose)["label"] == "mine"
    assert app.label_key_pair(account_id=BOB, label="ours", admin=True, **whose)["label"] == "ours"
    before = len(log(app))
    with pytest.raises(PermissionDenied, match="key_pair_of_another"):
        app.label_key_pair(account_id=BOB, label="his", **whose)
    app.label_key_pair(account_id=ada, label="ours", **whose)
    assert len(log(app)) == before


@pytest.mark.feature("C-10")
def test_a_revoked_pair_stays_revoked(app: Identity, ada: UUID) -> None:
    key = create(app, ada)["access_key"]
    whose = {"workspace_id": VISION, "access_key": key}
    with pytest.raises(PermissionDenied, match="key_pair_of_another"):
        app.revoke_key_pair(account_id=BOB, **whose)
    app.revoke_key_pair(account_id=BOB, admin=True, **whose)
    assert topics(app)[-1] == "identity.key_pair.revoked"
    with pytest.raises(NotFound, match="key_pair_not_found"):
        app.revoke_key_pair(account_id=ada, **whose)
    with pytest.raises(NotFound, match="key_pair_not_found"):
        app.label_key_pair(account_id=ada, label="x", **whose)


@pytest.mark.feature("C-11")
def test_a_pair_of_one_workspace_does_not_exist_in_another(app: Identity, ada: UUID) -> None:
    key = create(app, ada)["access_key"]
    for workspace_id, access_key in ((OTHER, key), (VISION, "A" * 30), (uuid4(), key)):
        with pytest.raises(NotFound, match="key_pair_not_found"):
            app.revoke_key_pair(account_id=ada, workspace_id=workspace_id, access_key=access_key, admin=True)


def test_a_pair_that_has_expired_before_it_begins_is_refused(app: Identity, ada: UUID) -> None:
    with pytest.raises(Unprocessable, match="invalid_fields"):
        create(app, ada, expires_at=NOON)
