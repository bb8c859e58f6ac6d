"""Proving an address."""

from datetime import timedelta

import pytest

from services.chassis.errors import Conflict, NotFound
from tests.builders.identity import NOON, OPERATOR, PASSWORD, founded, log, register, register_verified, topics, verification_token


def test_the_mailed_token_verifies_the_address():
    app = founded()
    account = register(app)
    before = len(log(app))

    email = app.verify_email(token=verification_token(app, account), now=NOON)

    assert email == {"id": account["emails"][0]["id"], "address": "ada@example.org", "verified": True, "primary": True}
    assert topics(app, before) == ["identity.email.verified"]


def test_a_token_works_once():
    app = founded()
    account = register(app)
    token = verification_token(app, account)
    app.verify_email(token=token, now=NOON)
    before = len(log(app))

    with pytest.raises(Conflict) as refused:
        app.verify_email(token=token, now=NOON)

    assert refused.value.code == "verification_used"
    assert topics(app, before) == ["identity.account.attempt_refused"]


def test_a_token_expires():
    app = founded(verification_hours=48)
    token = verification_token(app, register(app))

    with pytest.raises(Conflict) as refused:
        app.verify_email(token=token, now=NOON + timedelta(hours=48))

    assert refused.value.code == "verification_expired"


@pytest.mark.parametrize(
    "alter",
    [
        lambda token: "",
        lambda token: "x",
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token.replace(".1.", ".2."),
        lambda token: "0" * 32 + token[32:],
        lambda token: "ünïcode." + token,
    ],
)
def test_an_altered_token_verifies_nothing(alter):
    app = founded()
    token = verification_token(app, register(app))

    with pytest.raises(NotFound) as refused:
        app.verify_email(token=alter(token), now=NOON)

    assert refused.value.code == "verification_not_found"


def test_the_token_of_a_former_claim_is_dead():
    app = founded(verification_hours=48)
    former = verification_token(app, register(app))
    register(app, now=NOON + timedelta(hours=48))

    with pytest.raises(NotFound):
        app.verify_email(token=former, now=NOON + timedelta(hours=49))


def test_there_is_no_letter_once_the_address_is_verified_or_the_account_gone():
    app = founded()
    account = register_verified(app)
    address_id = account["emails"][0]["id"]

    assert app.verification(account["id"], address_id) is None

    app.erase_account(account_id=account["id"], password=PASSWORD, confirm="ada", now=NOON)

    assert app.verification(account["id"], address_id) is None
    assert app.verification(account["id"], account["id"]) is None


def test_the_operators_address_needs_no_letter():
    app = founded()
    account = app.start_session(email=OPERATOR["email"], password=PASSWORD, now=NOON)["account"]

    assert app.verification(account["id"], account["emails"][0]["id"]) is None
