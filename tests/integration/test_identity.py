"""Identity over its own database: what its views answer, and what two callers at once get."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.chassis import context, schema, usecase
from services.chassis.errors import Conflict, LimitExceeded, NotFound, PermissionDenied, ServiceError, Unauthenticated
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from services.identity.application import Identity
from services.identity.service import SPEC, IdentityService
from services.identity.views import accounts, emails, sessions
from tests.builders.identity import ADA, BOB, NOON, OPERATOR, PASSWORD, SETTINGS, SETUP_TOKEN, log, verification_token

WRONG = "wrong horse battery staple"


class Caller:
    """Calls the service's methods as RPC does."""

    def __init__(self, app: Identity) -> None:
        self.service = IdentityService()
        self.service.app, self.service.clock = app, self.clock
        self.now = NOON

    def clock(self) -> datetime:
        return self.now

    def __call__(self, method: str, **payload: Any) -> Any:
        function = getattr(self.service, method)
        return usecase.run("identity", method, self.service.app, payload, function)["data"]

    def register(self, person: dict[str, Any], **more: Any) -> dict[str, Any]:
        return self("register_account", **person, **more)

    def sign_in(self, person: dict[str, Any] = OPERATOR) -> dict[str, Any]:
        return self("start_session", email=person["email"], password=person["password"])

    def authenticate(self, token: str) -> dict[str, Any]:
        return self("authenticate", digest=self.service.app.keys.digest("session", token))


@pytest.fixture
def app(database_url: str) -> Iterator[Identity]:
    settings = Settings(
        database_url=database_url, secret_key=SETTINGS.secret_key, setup_token=SETUP_TOKEN, pool_size=40, password_attempts=3
    )
    found = Identity.connect(settings)
    with found.db.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS identity CASCADE")
    schema.create(found.db, SPEC.tables)
    yield found
    found.close()


@pytest.fixture
def call(app: Identity) -> Caller:
    return Caller(app)


@pytest.fixture
def grace(call: Caller) -> dict[str, Any]:
    """The operator."""
    return call.register(OPERATOR, setup_token=SETUP_TOKEN)


def race(*calls: Any) -> list[Any]:
    """Answers or refusals of calls made at the same moment."""

    def answer(function: Any) -> Any:
        try:
            return function()
        except ServiceError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(answer, calls))


def rows(app: Identity) -> dict[str, list[dict[str, Any]]]:
    return {table.name: app.db.all(f"SELECT * FROM {table.name} ORDER BY {table.key[0]}") for table in (accounts, emails, sessions)}


def test_an_account_can_be_read_at_once_and_reads_as_it_was_answered(call, grace):
    assert call("get_account", account_id=grace["id"]) == grace
    assert grace["picture_url"] is None
    assert [email["address"] for email in grace["emails"]] == ["grace@example.org"]


def test_an_account_that_is_none_is_not_found(call, grace):
    with pytest.raises(NotFound) as refused:
        call("get_account", account_id=str(uuid4()))

    assert refused.value.code == "account_not_found"


def test_profiles_name_those_that_exist(call, grace):
    nameless = call.register(BOB)

    found = call("profiles", account_ids=[grace["id"], nameless["id"], str(uuid4())])["items"]

    assert {each["account_id"]: (each["username"], each["name"]) for each in found} == {
        grace["id"]: ("grace", "Grace Hopper"),
        nameless["id"]: ("bob", "bob"),
    }


def test_a_session_authenticates_with_the_verified_addresses_of_its_account(call, grace):
    answer = call.sign_in()

    principal = call.authenticate(answer["token"])

    assert principal == {
        "account_id": grace["id"],
        "session_id": answer["session"]["id"],
        "address_ids": [grace["emails"][0]["id"]],
        "operator": True,
        "expires_at": answer["session"]["expires_at"],
    }


def test_an_ended_session_is_refused_at_once(call, grace):
    answer = call.sign_in()
    call("end_session", account_id=grace["id"], session_id=answer["session"]["id"])

    with pytest.raises(Unauthenticated) as refused:
        call.authenticate(answer["token"])

    assert refused.value.code == "session_invalid"


def test_an_expired_session_and_a_token_that_is_none_are_refused(call, grace):
    token = call.sign_in()["token"]
    call.now = NOON + timedelta(days=14)

    for each in (token, "gs_made-up"):
        with pytest.raises(Unauthenticated):
            call.authenticate(each)
    assert call("list_sessions", account_id=grace["id"])["items"] == []


def test_own_sessions_are_listed_page_by_page_with_where_they_came_from(call, grace):
    with context.amended(ip="192.0.2.7", user_agent="curl/8"):
        made = [call.sign_in()["session"]["id"] for _ in range(3)]

    first = call("list_sessions", account_id=grace["id"], limit=2)
    rest = call("list_sessions", account_id=grace["id"], limit=2, cursor=first["next_cursor"])

    assert [each["id"] for each in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None
    assert (first["items"][0]["ip"], first["items"][0]["user_agent"]) == ("192.0.2.7", "curl/8")


def test_of_two_who_want_to_be_first_one_is(call):
    answers = race(*(lambda person=person: call.register(person, setup_token=SETUP_TOKEN) for person in (ADA, BOB)))

    won = [each for each in answers if isinstance(each, dict)]
    lost = [each for each in answers if isinstance(each, PermissionDenied)]
    assert [each["operator"] for each in won] == [True]
    assert [each.code for each in lost] == ["setup_token_used"]


def test_of_many_who_want_one_address_one_gets_it(call, grace):
    answers = race(*(lambda n=n: call.register({**ADA, "username": f"ada{n}"}) for n in range(8)))

    assert len([each for each in answers if isinstance(each, dict)]) == 1
    assert {each.code for each in answers if isinstance(each, Conflict)} == {"email_taken"}


def test_a_token_used_twice_at_once_verifies_once(app, call, grace):
    account = app.register_account(**ADA, now=NOON)
    token = verification_token(app, account)

    answers = race(*(lambda: call("verify_email", token=token) for _ in range(4)))

    assert len([each for each in answers if isinstance(each, dict)]) == 1
    assert {each.code for each in answers if isinstance(each, Conflict)} == {"verification_used"}


def test_attempts_are_counted_across_processes_and_in_parallel(app, call, grace):
    other = Caller(Identity.connect(app.settings))
    guess = {**OPERATOR, "password": WRONG}

    answers = race(*(lambda c=c: c.sign_in(guess) for c in (call, other) * 5))
    other.service.app.close()

    assert len([each for each in answers if isinstance(each, Unauthenticated)]) == 3
    assert len([each for each in answers if isinstance(each, LimitExceeded)]) == 7
    with pytest.raises(LimitExceeded):
        call.sign_in()
    call.now = NOON + timedelta(minutes=15)
    assert call.sign_in()


def test_a_refused_attempt_stays_counted_and_on_record_when_the_request_had_an_idempotency_key(app, call, grace):
    with context.amended(idempotency_key="k"):
        for _ in range(3):
            with pytest.raises(Unauthenticated):
                call.sign_in({**OPERATOR, "password": WRONG})
        with pytest.raises(LimitExceeded):
            call.sign_in()

    assert [event.TOPIC for event in log(app)].count("identity.session.refused") == 3


def test_after_erasure_nothing_in_the_database_tells_who_it_was(app, call, grace):
    account = app.register_account(**ADA, now=NOON)
    app.verify_email(token=verification_token(app, account), now=NOON)
    token = call.sign_in(ADA)["token"]
    app.register_account(**BOB, now=NOON)

    call("erase_account", account_id=str(account["id"]), password=PASSWORD, confirm="ada")

    stored = everything(app)
    for value in ("Lovelace", "ada@example.org", "argon2"):
        assert value not in stored
    assert "bob@example.org" in stored
    with pytest.raises(Unauthenticated):
        call.authenticate(token)
    with pytest.raises(NotFound):
        call("get_account", account_id=str(account["id"]))
    assert call("profiles", account_ids=[str(account["id"])])["items"] == [
        {"account_id": str(account["id"]), "username": None, "name": None, "picture_url": None}
    ]


def test_rebuilt_views_equal_the_live_ones(app, call, grace):
    account = app.register_account(**ADA, now=NOON)
    app.verify_email(token=verification_token(app, account), now=NOON)
    app.register_account(**BOB, now=NOON)
    for person in (OPERATOR, ADA, OPERATOR):
        session = call.sign_in(person)["session"]["id"]
    call("end_session", account_id=grace["id"], session_id=session)
    call("erase_account", account_id=str(account["id"]), password=PASSWORD, confirm="ada")
    live = rows(app)

    for projection in app.projections:
        Rebuild(app, projection, None).run()

    assert rows(app) == live
    assert [len(live[name]) for name in ("accounts", "emails", "sessions")] == [3, 2, 2]


def everything(app: Identity) -> str:
    tables = [row["tablename"] for row in app.db.all("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")]
    assert "stored_events" in tables
    texts = [row["text"] for table in tables for row in app.db.all(f"SELECT t::text AS text FROM {table} t")]
    logged = app.db.all(
        "SELECT convert_from(state, 'UTF8') AS text FROM stored_events UNION ALL SELECT convert_from(state, 'UTF8') FROM snapshots"
    )
    return "\n".join(texts + [row["text"] for row in logged])
