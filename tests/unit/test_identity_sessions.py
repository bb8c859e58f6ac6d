"""Signing in and out."""

from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from argon2 import PasswordHasher

from services.chassis import context
from services.chassis.errors import LimitExceeded, NotFound, Unauthenticated
from services.identity.domain import Account
from tests.builders.identity import ADA, BOB, NOON, PASSWORD, founded, log, register, register_verified, sign_in, started, topics

WRONG = "wrong horse battery staple"


def test_the_right_password_starts_a_session():
    app = founded(session_hours=2)
    account = register_verified(app)
    before = len(log(app))

    answer = sign_in(app)

    assert answer["token"].startswith("gs_")
    assert len(answer["token"]) >= 3 + 43
    assert answer["session"].expires_at == NOON + timedelta(hours=2)
    assert answer["account"]["id"] == account["id"]
    assert topics(app, before) == ["identity.session.started"]


def test_of_the_token_only_a_digest_is_kept():
    app = founded()
    register_verified(app)

    token = sign_in(app)["token"]

    event = log(app)[-1]
    assert event.digest == app.keys.digest("session", token)
    assert token not in repr(vars(event))


def test_two_sessions_have_different_tokens():
    app = founded()
    register_verified(app)

    assert sign_in(app)["token"] != sign_in(app)["token"]


@pytest.mark.parametrize("email", ["ADA@example.org", "ada@EXAMPLE.org"])
def test_an_address_signs_in_in_any_letter_case(email):
    app = founded()
    register_verified(app)

    assert sign_in(app, {**ADA, "email": email})["account"]["username"] == "ada"


def test_a_username_signs_in_in_any_letter_case():
    app = founded()
    register_verified(app)

    assert app.start_session(username="Ada", password=PASSWORD, now=NOON)["account"]["username"] == "ada"


def test_a_password_typed_on_another_keyboard_is_the_same():
    app = founded()
    register_verified(app, {**ADA, "password": "cafe\u0301 et croissants"})

    assert sign_in(app, {**ADA, "password": "café et croissants"})


def test_every_refusal_looks_the_same_and_is_on_record():
    app = founded()
    register_verified(app)
    register(app, BOB)
    refusals = [
        {"email": "ada@example.org", "password": WRONG},
        {"email": "nobody@example.org", "password": PASSWORD},
        {"email": "bob@example.org", "password": PASSWORD},
        {"username": "ada", "password": WRONG},
        {"username": "bob", "password": PASSWORD},
        {"username": "nobody", "password": PASSWORD},
    ]
    before = len(log(app))

    answers = set()
    for attempt in refusals:
        with pytest.raises(Unauthenticated) as refused:
            app.start_session(**attempt, now=NOON)
        answers.add((refused.value.code, refused.value.detail, str(refused.value.fields)))

    assert len(answers) == 1
    assert topics(app, before) == ["identity.session.refused"] * len(refusals)


def test_a_refusal_on_record_names_account_and_address_by_their_ids_only():
    app = founded()
    account = register_verified(app)

    with pytest.raises(Unauthenticated):
        app.start_session(email="ada@example.org", password=WRONG, now=NOON)

    event = log(app)[-1]
    assert (event.account_id, event.address_id) == (account["id"], account["emails"][0]["id"])


def test_each_refusal_has_a_stream_of_its_own():
    app = founded()
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            sign_in(app)

    one, other = log(app)[-2:]
    assert one.originator_id != other.originator_id


def test_too_many_wrong_passwords_refuse_the_right_one_too_but_nobody_else():
    app = founded(password_attempts=3)
    register_verified(app)
    register_verified(app, BOB)
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            app.start_session(email=ADA["email"], password=WRONG, now=NOON)
    before = len(log(app))

    for attempt in ({"email": ADA["email"]}, {"username": "ada"}):
        with pytest.raises(LimitExceeded) as refused:
            app.start_session(**attempt, password=PASSWORD, now=NOON)
        assert refused.value.code == "too_many_attempts"
        assert 1 <= refused.value.fields["retry_after"] <= 900

    assert len(log(app)) == before
    assert sign_in(app, BOB)
    assert sign_in(app, now=NOON + timedelta(minutes=15))


def test_an_address_without_account_is_throttled_the_same_way():
    app = founded(password_attempts=1)
    nobody = {"email": "nobody@example.org", "password": PASSWORD}
    with pytest.raises(Unauthenticated):
        sign_in(app, nobody)

    with pytest.raises(LimitExceeded):
        sign_in(app, nobody)


def test_one_client_cannot_try_many_accounts():
    app = founded(address_attempts=2)
    register_verified(app)
    with context.amended(ip="192.0.2.1"):
        for number in range(2):
            with pytest.raises(Unauthenticated):
                sign_in(app, {"email": f"nobody{number}@example.org", "password": PASSWORD})
        with pytest.raises(LimitExceeded):
            sign_in(app)

    with context.amended(ip="192.0.2.2"):
        assert sign_in(app)


def test_neighbouring_ipv6_addresses_are_one_client():
    app = founded(address_attempts=1)
    with context.amended(ip="2001:db8::1"), pytest.raises(Unauthenticated):
        sign_in(app)

    with context.amended(ip="2001:db8::2"), pytest.raises(LimitExceeded):
        sign_in(app)


def test_those_who_sign_in_are_not_counted():
    app = founded(address_attempts=2, password_attempts=2)
    register_verified(app)

    for _ in range(5):
        assert sign_in(app)


def test_the_right_password_forgives_the_wrong_ones_before():
    app = founded(password_attempts=2)
    register_verified(app)

    for _ in range(3):
        with pytest.raises(Unauthenticated):
            app.start_session(email=ADA["email"], password=WRONG, now=NOON)
        assert sign_in(app)


def test_a_hash_under_old_parameters_is_renewed_at_the_next_sign_in():
    app = founded()
    id = register_verified(app)["id"]
    account = app.load(Account, id)
    account.rehash(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD))
    app.save(account)
    before = len(log(app))

    sign_in(app)
    sign_in(app)

    assert topics(app, before).count("identity.account.password_rehashed") == 1


def test_a_session_ends_and_a_repeat_changes_nothing():
    app = founded()
    account_id, session_id = started(app)
    before = len(log(app))

    app.end_session(account_id=account_id, session_id=session_id)
    app.end_session(account_id=account_id, session_id=session_id)

    assert topics(app, before) == ["identity.session.ended"]


def test_nobody_ends_the_session_of_another_or_one_that_is_none():
    app = founded()
    account_id, session_id = started(app)
    before = len(log(app))

    for account, session in ((uuid4(), session_id), (account_id, uuid4()), (account_id, account_id)):
        with pytest.raises(NotFound) as refused:
            app.end_session(account_id=account, session_id=session)
        assert refused.value.code == "session_not_found"

    assert len(log(app)) == before


def test_guesses_from_many_places_are_throttled_and_the_owner_is_let_in_later():
    app = founded(password_attempts=10)
    register_verified(app)
    kinds = []
    for n in range(100):
        with context.use(context.CallContext(ip=f"198.51.{n}.7")), pytest.raises((Unauthenticated, LimitExceeded)) as refused:
            sign_in(app, {**ADA, "password": "wrong horse battery staple"})
        kinds.append(refused.type)

    assert kinds.count(Unauthenticated) == 10
    assert sign_in(app, now=NOON + timedelta(minutes=15))


def test_one_guess_at_each_of_many_accounts_is_throttled_by_where_it_comes_from():
    attempts = founded(address_attempts=50).attempts
    passed = 0
    with context.use(context.CallContext(ip="198.51.100.7")):
        for _ in range(10_000):
            with suppress(LimitExceeded, PermissionError), attempts.counted(uuid4(), NOON):
                passed += 1
                raise PermissionError

    assert passed == 50
