"""Who has a token or key pair that is about to expire is told of it, once."""

import email
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.chassis import schema
from services.chassis.public import PublicEvent
from services.chassis.publiclog import PublicLog
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from services.identity.application import Identity
from services.identity.credential_projections import KeyPairsProjection, TokensProjection
from services.identity.domain import KeyPair
from services.identity.reactions import IdentityReactions
from services.identity.service import SPEC
from tests.builders.identity import ADA, NOON, PASSWORD, SETTINGS, SETUP_TOKEN, founded, register_verified, started

pytestmark = pytest.mark.integration
VISION = UUID("00000000-0000-4000-8000-000000000001")
WEEK = timedelta(days=7)
END = NOON + timedelta(days=30)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=database_url, secret_key=SETTINGS.secret_key, setup_token=SETUP_TOKEN, state=tmp_path)


@pytest.fixture
def app(settings: Settings) -> Iterator[Identity]:
    found = Identity.connect(settings)
    with found.database.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS identity CASCADE")
    schema.create(found.database, SPEC.tables)
    found.register_account(email="grace@example.org", password=PASSWORD, setup_token=SETUP_TOKEN, now=NOON)
    yield found
    found.close()


@pytest.fixture
def ada(app: Identity) -> UUID:
    return register_verified(app)["id"]


def told(app: Identity) -> list[PublicEvent]:
    return [event for event in PublicLog(app).after(0, 10_000) if event.type == "identity.credential.expiring"]


def token(app: Identity, ada: UUID, expires_at: datetime | None = END, **terms: Any) -> UUID:
    return app.create_token(account_id=ada, now=NOON, expires_at=expires_at, **terms)["id"]


def test_it_is_told_so_many_days_before_and_no_sooner(app: Identity, ada: UUID) -> None:
    made = token(app, ada, name="Lovelace's laptop")
    token(app, ada, None), token(app, ada, END + timedelta(seconds=1))
    app.tidy(END - WEEK - timedelta(seconds=1))
    assert told(app) == []

    app.tidy(END - WEEK)

    [event] = told(app)
    assert event.data == {"account_id": str(ada), "credential_id": str(made), "expires_at": END.isoformat()}
    assert event.workspace_id == ""
    assert b"Lovelace" not in event.to_json()


def test_of_a_key_pair_it_names_the_workspace(app: Identity, ada: UUID) -> None:
    pair = app.create_key_pair(account_id=ada, workspace_id=VISION, now=NOON, expires_at=END)

    app.tidy(END - WEEK)

    [event] = told(app)
    assert (event.data["credential_id"], event.workspace_id) == (str(pair["id"]), str(VISION))


def test_neither_the_next_look_nor_another_process_tells_again(app: Identity, ada: UUID, settings: Settings) -> None:
    token(app, ada)
    for day in range(6, 0, -1):
        app.tidy(END - timedelta(days=day))
    restarted = Identity.connect(settings)
    restarted.tidy(END - timedelta(hours=1))
    restarted.close()

    assert len(told(app)) == 1


def test_two_workers_that_look_at_once_tell_once_of_each_and_of_all(app: Identity, ada: UUID, settings: Settings) -> None:
    """More than a batch of them."""
    made = {token(app, ada, END + timedelta(seconds=number), name=f"{number}") for number in range(120)}
    workers = [Identity.connect(settings) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(worker.tidy, END - timedelta(days=1)) for worker in workers]:
            each.result()
    for worker in workers:
        worker.close()

    found = [UUID(event.data["credential_id"]) for event in told(app)]
    assert len(found) == 120
    assert set(found) == made


def test_what_has_ended_is_not_told_of(app: Identity) -> None:
    ada, _ = started(app)
    revoked = token(app, ada)
    app.revoke_token(account_id=ada, token_id=revoked)
    token(app, ada, END - timedelta(days=29))
    gone = register_verified(app, {"email": "bob@example.org", "username": "bob", "password": PASSWORD})["id"]
    token(app, gone)
    app.erase_account(account_id=gone, confirm="bob", password=PASSWORD, now=NOON)

    app.tidy(END - timedelta(days=1))

    assert told(app) == []


def test_another_end_is_told_of_again(app: Identity, ada: UUID) -> None:
    studio = token(app, ada, kind="studio")
    app.tidy(END - WEEK)
    app.revoke_token(account_id=ada, token_id=studio)
    token(app, ada, END + WEEK, kind="studio")

    app.tidy(END)

    assert [event.data["expires_at"] for event in told(app)] == [END.isoformat(), (END + WEEK).isoformat()]


def test_nothing_is_told_where_the_operator_does_not_want_it(ada: UUID, app: Identity) -> None:
    token(app, ada)
    object.__setattr__(app.settings, "expiry_notice_days", 0)

    app.tidy(END - timedelta(hours=1))

    assert told(app) == []


def test_the_views_come_out_the_same_when_they_are_rebuilt(app: Identity, ada: UUID) -> None:
    token(app, ada), app.create_key_pair(account_id=ada, workspace_id=VISION, now=NOON, expires_at=END)
    app.tidy(END - WEEK)

    def rows() -> list[Any]:
        return [app.database.all(f"SELECT * FROM {table} ORDER BY 1") for table in ("tokens", "key_pairs")]

    before = rows()
    assert [row["announced"] for table in before for row in table] == [END, END]
    for projection in (TokensProjection, KeyPairsProjection):
        Rebuild(app, projection, None).run()
    assert rows() == before


def mails(app: Identity) -> list[Any]:
    return [email.message_from_bytes(path.read_bytes(), policy=default) for path in sorted((app.settings.state / "outbox").glob("*.eml"))]


def test_its_owner_gets_one_mail_that_says_which_and_when(app: Identity, ada: UUID) -> None:
    token(app, ada, name="night run")
    app.tidy(END - WEEK)
    for _ in range(2):
        IdentityReactions(app).react(told(app)[0])

    [mail] = mails(app)
    text = mail.get_body(("plain",)).get_content()
    assert mail["To"] == ADA["email"]
    assert "gh_" in text
    assert '"night run"' in text
    assert "20 December 2026, 12:00 UTC" in text


def test_the_mail_about_a_pair_has_its_access_key_and_no_secret(app: Identity, ada: UUID) -> None:
    pair = app.create_key_pair(account_id=ada, workspace_id=VISION, now=NOON, label="ci", expires_at=END)
    app.tidy(END - WEEK)
    IdentityReactions(app).react(told(app)[0])

    text = mails(app)[0].get_body(("plain",)).get_content()
    assert pair["access_key"] in text
    assert pair["secret_key"] not in text


def test_no_mail_is_sent_about_what_ended_before_it_was_written(app: Identity, ada: UUID) -> None:
    made = token(app, ada)
    app.tidy(END - WEEK)
    app.revoke_token(account_id=ada, token_id=made)
    IdentityReactions(app).react(told(app)[0])

    assert mails(app) == []


def test_the_key_pair_itself_remembers_what_was_told() -> None:
    app = founded()
    pair = app.create_key_pair(account_id=register_verified(app)["id"], workspace_id=VISION, now=NOON, expires_at=END)
    held = app.load(KeyPair, pair["id"])
    for _ in range(2):
        held.announce_expiry()
    assert [event.TOPIC for event in held.pending_events] == ["identity.key_pair.expiry_announced"]
