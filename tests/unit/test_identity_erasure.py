"""Erasing an account."""

from datetime import timedelta

import pytest

from services.chassis.errors import Conflict, LimitExceeded, NotFound, PermissionDenied, Unauthenticated, Unprocessable
from services.identity.domain import Account
from tests.builders.identity import ADA, BOB, NOON, PASSWORD, founded, log, register, register_verified, sign_in, started, topics


def erase(app, account_id, password=PASSWORD, confirm="ada"):
    app.erase_account(account_id=account_id, password=password, confirm=confirm, now=NOON)


def test_erasure_is_told_to_everybody_and_frees_address_and_username():
    app = founded()
    account = register_verified(app)
    before = len(log(app))

    erase(app, account["id"], confirm="ADA")

    assert topics(app, before) == ["identity.account.erased", "identity.username.released", "identity.email.released"]
    assert log(app)[before].address_ids == [account["emails"][0]["id"]]


def test_after_erasure_the_log_reads_without_the_person():
    app = founded()
    id = register_verified(app)["id"]

    erase(app, id)

    registered = next(event for event in log(app) if event.originator_id == id)
    assert [registered.username.value, registered.first_name.value, registered.last_name.value, registered.password_hash.value] == [
        None
    ] * 4
    claimed = [event for event in log(app) if event.TOPIC == "identity.email.claimed"][-1]
    assert claimed.address.value is None
    assert app.load(Account, id).erased


def test_the_erased_cannot_sign_in():
    app = founded()
    id, _ = started(app)
    erase(app, id)

    with pytest.raises(Unauthenticated):
        sign_in(app)
    with pytest.raises(Unauthenticated):
        app.start_session(username="ada", password=PASSWORD, now=NOON)


def test_address_and_username_serve_another_account_afterwards():
    app = founded()
    former = register_verified(app)
    erase(app, former["id"])

    account = register_verified(app)

    assert account["id"] != former["id"]
    assert sign_in(app)["account"]["id"] == account["id"]


def test_the_erasure_of_a_former_holder_leaves_the_present_one_alone():
    app = founded()
    erase(app, register_verified(app)["id"])
    present = register_verified(app)
    before = len(log(app))

    erase(app, present["id"])

    assert topics(app, before).count("identity.email.released") == 1


@pytest.mark.parametrize(
    ("given", "kind", "code"),
    [
        ({"password": "wrong horse battery staple"}, PermissionDenied, "password_invalid"),
        ({"confirm": "grace"}, Unprocessable, "confirmation_wrong"),
    ],
)
def test_erasure_wants_the_password_and_the_username(given, kind, code):
    app = founded()
    id = register_verified(app)["id"]
    before = len(log(app))

    with pytest.raises(kind) as refused:
        erase(app, id, **given)

    assert refused.value.code == code
    assert topics(app, before) == (["identity.account.attempt_refused"] if "password" in given else [])


def test_the_password_cannot_be_guessed_here_either():
    app = founded(password_attempts=1)
    id = register_verified(app)["id"]
    with pytest.raises(PermissionDenied):
        erase(app, id, password="wrong horse battery staple")

    with pytest.raises(LimitExceeded):
        erase(app, id)


def test_an_account_is_erased_once():
    app = founded()
    id = register_verified(app)["id"]
    erase(app, id)

    with pytest.raises(NotFound) as refused:
        erase(app, id)

    assert refused.value.code == "account_not_found"


def test_others_keep_their_names():
    app = founded()
    register(app, BOB)
    erase(app, register_verified(app, ADA)["id"])

    assert [event.username.value for event in log(app) if event.TOPIC == "identity.account.registered"] == ["grace", "bob", None]


@pytest.mark.feature("I-16")
def test_a_session_that_has_just_begun_needs_no_password():
    app = founded(fresh_minutes=10)
    id, session_id = started(app)

    app.erase_account(account_id=id, session_id=session_id, confirm="ada", now=NOON + timedelta(minutes=10))

    assert app.load(Account, id).erased


@pytest.mark.feature("I-16")
def test_an_older_session_and_that_of_somebody_else_need_it():
    app = founded(fresh_minutes=10)
    id, session_id = started(app)
    _, other = started(app, BOB)

    for given, now in ((session_id, NOON + timedelta(minutes=11)), (other, NOON), (None, NOON), (id, NOON)):
        with pytest.raises(PermissionDenied) as refused:
            app.erase_account(account_id=id, session_id=given, confirm="ada", now=now)
        assert refused.value.code == "password_required"


@pytest.mark.feature("I-16")
def test_whoever_operates_the_installation_stays():
    app = founded()
    operator = next(event.originator_id for event in log(app) if event.TOPIC == "identity.account.registered")

    with pytest.raises(Conflict) as refused:
        erase(app, operator, confirm="grace")

    assert refused.value.code == "operator_needed"
