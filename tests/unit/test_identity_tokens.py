"""Access tokens: made, regenerated, revoked, and their shape."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.chassis import tokens
from services.chassis.errors import Conflict, LimitExceeded, NotFound, Unprocessable
from services.identity.application import Identity
from services.identity.domain import AccessToken
from tests.builders.identity import NOON, founded, log, register_verified, topics

pytestmark = pytest.mark.unit


@pytest.fixture
def app() -> Identity:
    return founded()


@pytest.fixture
def ada(app: Identity) -> UUID:
    return register_verified(app)["id"]


def create(app: Identity, account_id: UUID, **terms: Any) -> dict[str, Any]:
    return app.create_token(account_id=account_id, now=NOON, **terms)


def digest(app: Identity, token_id: UUID) -> str:
    return app.load(AccessToken, token_id).digest


@pytest.mark.feature("C-01")
@pytest.mark.parametrize(("kind", "prefix"), [("named", "gh_"), ("studio", "isat_")])
def test_a_token_is_answered_once_and_only_its_digest_is_stored(app: Identity, ada: UUID, kind: str, prefix: str) -> None:
    made = create(app, ada, kind=kind, name="laptop", scopes=["experiments"])
    assert made["token"].startswith(prefix)
    assert tokens.genuine(made["token"])
    assert digest(app, made["id"]) == app.keys.digest("token", made["token"])
    stored = app.recorder.select_notifications(1, 10_000)
    assert not any(made["token"].encode() in each.state for each in stored)


def test_the_name_of_a_token_is_a_personal_value(app: Identity, ada: UUID) -> None:
    create(app, ada, name="at Lovelace's desk")
    assert not any(b"Lovelace's" in each.state for each in app.recorder.select_notifications(1, 10_000))


@pytest.mark.feature("C-02")
def test_regenerating_replaces_the_digest_in_one_event(app: Identity, ada: UUID) -> None:
    former = create(app, ada, kind="studio")
    before = len(log(app))
    new = app.regenerate_token(account_id=ada, token_id=former["id"], now=NOON)
    assert topics(app, before) == ["identity.token.regenerated"]
    assert digest(app, former["id"]) == app.keys.digest("token", new["token"]) != app.keys.digest("token", former["token"])
    assert (new["id"], new["token"].startswith("isat_")) == (former["id"], True)


def test_there_is_one_studio_token_and_after_its_end_another(app: Identity, ada: UUID) -> None:
    first = create(app, ada, kind="studio")
    with pytest.raises(Conflict, match="studio_token_exists"):
        create(app, ada, kind="studio")
    app.revoke_token(account_id=ada, token_id=first["id"])
    second = create(app, ada, kind="studio", scopes=["models"])
    assert (second["id"], second["scopes"]) == (first["id"], ["models"])
    assert digest(app, second["id"]) == app.keys.digest("token", second["token"])


@pytest.mark.feature("C-03")
def test_a_revoked_token_can_be_neither_regenerated_nor_revoked_again(app: Identity, ada: UUID) -> None:
    made = create(app, ada)
    app.revoke_token(account_id=ada, token_id=made["id"])
    assert log(app)[-1].account_id == ada
    with pytest.raises(NotFound, match="token_not_found"):
        app.regenerate_token(account_id=ada, token_id=made["id"], now=NOON)
    with pytest.raises(NotFound, match="token_not_found"):
        app.revoke_token(account_id=ada, token_id=made["id"])


def test_the_token_of_another_does_not_exist(app: Identity, ada: UUID) -> None:
    made = create(app, ada)
    before = len(log(app))
    with pytest.raises(NotFound, match="token_not_found"):
        app.revoke_token(account_id=uuid4(), token_id=made["id"])
    with pytest.raises(NotFound, match="token_not_found"):
        app.regenerate_token(account_id=uuid4(), token_id=made["id"], now=NOON)
    assert len(log(app)) == before


def test_a_token_that_has_expired_before_it_begins_is_refused(app: Identity, ada: UUID) -> None:
    with pytest.raises(Unprocessable, match="invalid_fields"):
        create(app, ada, expires_at=NOON)
    assert create(app, ada, expires_at=NOON + timedelta(days=1))["expires_at"] == NOON + timedelta(days=1)


def test_nobody_makes_credentials_without_end() -> None:
    app = founded(credentials_per_day=2)
    ada = register_verified(app)["id"]
    for _ in range(2):
        create(app, ada)
    with pytest.raises(LimitExceeded, match="too_many_attempts"):
        create(app, ada)


@pytest.mark.parametrize("prefix", [tokens.PERSONAL, tokens.STUDIO])
def test_a_typo_in_a_token_is_seen_without_asking_anybody(prefix: str) -> None:
    token = tokens.new(prefix)
    assert tokens.genuine(token)
    for place in range(len(prefix), len(token)):
        wrong = "x" if token[place] != "x" else "y"
        assert not tokens.genuine(token[:place] + wrong + token[place + 1 :])
    for other in (token[:-1], token + "a", token.replace("_", "-"), token + "\n", "", "gh_", "gs_" + token[3:]):
        assert not tokens.genuine(other)
