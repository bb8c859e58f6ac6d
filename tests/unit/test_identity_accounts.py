"""Signing up."""

from datetime import timedelta

import pytest

from services.chassis.errors import Conflict, PermissionDenied, Unprocessable
from tests.builders.identity import (
    ADA,
    BOB,
    NOON,
    OPERATOR,
    PASSWORD,
    SETUP_TOKEN,
    founded,
    identity,
    log,
    register,
    register_verified,
    topics,
)


def test_the_first_account_founds_the_installation_with_the_setup_token():
    app = identity()

    account = app.register_account(**OPERATOR, setup_token=SETUP_TOKEN, now=NOON)

    assert account["operator"]
    assert account["emails"] == [{"id": account["emails"][0]["id"], "address": "grace@example.org", "verified": True, "primary": True}]
    assert topics(app) == [
        "identity.account.registered",
        "identity.email.opened",
        "identity.email.claimed",
        "identity.email.verified",
        "identity.username.opened",
        "identity.username.taken",
        "identity.installation.claimed",
    ]


@pytest.mark.parametrize(
    ("token", "code"),
    [(None, "setup_token_required"), ("", "setup_token_invalid"), ("wrong", "setup_token_invalid"), ("ключ", "setup_token_invalid")],
)
def test_the_first_account_is_refused_without_the_right_setup_token(token, code):
    app = identity()

    with pytest.raises(PermissionDenied) as refused:
        app.register_account(**OPERATOR, setup_token=token, now=NOON)

    assert refused.value.code == code
    assert log(app) == []


def test_no_token_founds_an_installation_that_has_none():
    with pytest.raises(PermissionDenied) as refused:
        identity(setup_token="").register_account(**OPERATOR, setup_token="", now=NOON)

    assert refused.value.code == "setup_token_invalid"


def test_the_setup_token_works_once():
    app = founded()
    before = len(log(app))

    with pytest.raises(PermissionDenied) as refused:
        app.register_account(**ADA, setup_token=SETUP_TOKEN, now=NOON)

    assert refused.value.code == "setup_token_used"
    assert len(log(app)) == before


def test_later_accounts_are_nobody_special_and_start_unverified():
    app = founded()
    before = len(log(app))

    account = register(app)

    assert not account["operator"]
    assert [email["verified"] for email in account["emails"]] == [False]
    assert topics(app, before) == [
        "identity.account.registered",
        "identity.email.opened",
        "identity.email.claimed",
        "identity.username.opened",
        "identity.username.taken",
    ]


@pytest.mark.parametrize("spelling", ["ada@example.org", "ADA@Example.ORG", "ada@example.org.", "ａｄａ@example.org"])
def test_one_address_has_one_account_however_it_is_written(spelling):
    app = founded()
    register(app)
    before = len(log(app))

    with pytest.raises(Conflict) as refused:
        register(app, {**BOB, "email": spelling})

    assert refused.value.code == "email_taken"
    assert len(log(app)) == before


def test_an_international_domain_is_the_same_in_both_of_its_spellings():
    app = founded()
    register(app, {**ADA, "email": "ada@bücher.example"})

    with pytest.raises(Conflict):
        register(app, {**BOB, "email": "ada@xn--bcher-kva.example"})


def test_one_username_has_one_account_in_any_letter_case():
    app = founded()
    register(app)

    with pytest.raises(Conflict) as refused:
        register(app, {**BOB, "username": "ADA"})

    assert refused.value.code == "username_taken"


def test_whoever_chooses_no_username_gets_one_from_the_address():
    app = founded()

    account = register(app, {"email": "zoë.b+lists@example.org", "password": PASSWORD})

    assert account["username"] == "zoe.blists"


def test_a_username_made_up_gives_way_to_one_that_is_taken():
    app = founded()
    register(app)

    account = register(app, {"email": "ada@example.com", "password": PASSWORD})

    assert account["username"].startswith("ada-")


@pytest.mark.parametrize("password", ["short", "x" * 14, "ada.lovelace and I", "I am a CountEss now"])
def test_a_password_that_is_short_or_holds_the_own_name_is_refused(password):
    app = founded()
    before = len(log(app))

    with pytest.raises(Unprocessable) as refused:
        register(app, {"email": "ada.lovelace@example.org", "username": "countess", "password": password})

    assert refused.value.code == "password_refused"
    assert list(refused.value.fields) == ["password"]
    assert len(log(app)) == before


def test_an_address_not_proved_in_time_goes_to_the_next_who_claims_it():
    app = founded(verification_hours=48)
    squatter = register(app, {**ADA, "first_name": "Eve"})

    owner = register(app, now=NOON + timedelta(hours=48))

    assert owner["id"] != squatter["id"]
    assert owner["username"] == "ada"
    assert topics(app).count("identity.account.erased") == 1
    # The name of who gave way is gone from the log, too.
    assert [event.first_name.value for event in log(app) if event.TOPIC == "identity.account.registered"] == ["Grace", None, "Ada"]


def test_who_gives_way_takes_no_unproved_address_along_since_its_owner_is_somebody_else():
    app = founded(verification_hours=48)
    register(app, {**ADA, "first_name": "Eve"})

    register(app, now=NOON + timedelta(hours=48))

    assert [event.address_ids for event in log(app) if event.TOPIC == "identity.account.erased"] == [[]]


def test_an_address_in_time_to_be_proved_is_kept():
    app = founded(verification_hours=48)
    register(app)

    with pytest.raises(Conflict):
        register(app, BOB | {"email": ADA["email"]}, NOON + timedelta(hours=47))


def test_a_verified_address_never_lapses():
    app = founded(verification_hours=48)
    register_verified(app)

    with pytest.raises(Conflict):
        register(app, BOB | {"email": ADA["email"]}, NOON + timedelta(days=999))


def test_no_event_holds_the_password_or_a_personal_value_in_clear():
    app = founded()
    register_verified(app)

    stored = b"".join(each.state for each in app.recorder.select_notifications(1, 1_000))

    for secret in (PASSWORD, "argon2", '"ada"', "Lovelace", "example.org", SETUP_TOKEN):
        assert secret.encode() not in stored
