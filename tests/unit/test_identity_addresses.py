"""Several addresses of one account."""

from datetime import timedelta

import pytest

from services.chassis.errors import Conflict, LimitExceeded, NotFound, PermissionDenied, Unauthenticated
from services.identity.reactions import FormerAddress, IdentityReactions
from tests.builders.identity import ADA, BOB, NOON, PASSWORD, founded, log, register, register_verified, sign_in, topics

OTHER = "countess@example.com"


def added(app, account, address=OTHER):
    return app.add_email(account_id=account["id"], address=address, now=NOON)


def proved(app, account, email, now=NOON):
    return app.verify_email(token=app.verification(account["id"], email["id"]).token, now=now)


def primary(app, account, email):
    return app.make_primary(account_id=account["id"], email_id=email["id"])


def published(app, topic):
    """The public form of the last event with this topic."""
    position, event = [(n, event) for n, event in enumerate(log(app), 1) if topic == event.TOPIC][-1]
    return app.public.publish(event, position, 0)


@pytest.mark.feature("I-07")
def test_another_address_is_unverified_until_its_own_link_is_used_once():
    app = founded()
    ada = register_verified(app)

    email = added(app, ada)
    token = app.verification(ada["id"], email["id"]).token

    assert (email["address"], email["verified"], email["primary"]) == (OTHER, False, False)
    assert app.verify_email(token=token, now=NOON) == {**email, "verified": True}
    with pytest.raises(Conflict) as refused:
        app.verify_email(token=token, now=NOON)
    assert refused.value.code == "verification_used"


@pytest.mark.feature("I-07")
@pytest.mark.parametrize("spelling", [OTHER, "COUNTESS@example.com", "countess@example.com.", "ｃｏｕｎｔｅｓｓ@example.com"])
def test_an_address_of_one_account_is_refused_to_another_in_every_spelling(spelling):
    app = founded()
    ada, bob = register_verified(app), register_verified(app, BOB)
    proved(app, ada, added(app, ada))
    before = len(log(app))

    with pytest.raises(Conflict) as refused:
        added(app, bob, spelling)

    assert refused.value.code == "email_taken"
    assert len(log(app)) == before


@pytest.mark.feature("I-07")
def test_a_look_alike_letter_makes_another_address():
    app = founded()
    ada, bob = register_verified(app), register_verified(app, BOB)

    assert added(app, ada, "ada@example.net")["id"] != added(app, bob, "аda@example.net")["id"]


@pytest.mark.feature("I-07")
def test_a_newer_link_kills_the_one_before_and_gives_more_time():
    app = founded(verification_hours=48)
    ada = register_verified(app)
    email = added(app, ada)
    former = app.verification(ada["id"], email["id"]).token

    app.renew_verification(account_id=ada["id"], email_id=email["id"], now=NOON + timedelta(hours=50))

    with pytest.raises(NotFound):
        app.verify_email(token=former, now=NOON)
    assert proved(app, ada, email, NOON + timedelta(hours=60))["verified"]
    with pytest.raises(Conflict) as refused:
        app.renew_verification(account_id=ada["id"], email_id=email["id"], now=NOON)
    assert refused.value.code == "email_verified"


@pytest.mark.feature("I-07")
def test_an_address_not_proved_in_time_goes_to_its_owner_and_leaves_the_first_account_alone():
    app = founded(verification_hours=48)
    eve = register_verified(app, BOB)
    email = added(app, eve)

    owner = register(app, {**ADA, "email": OTHER}, NOON + timedelta(hours=49))

    assert owner["emails"][0]["id"] == email["id"]
    assert [each["address"] for each in app.change_profile(account_id=eve["id"])["emails"]] == [BOB["email"]]


@pytest.mark.feature("I-07")
def test_who_vouches_with_a_password_needs_that_of_the_account_that_asks():
    app = founded()
    eve = register_verified(app, {**BOB, "password": "a different one for the demo"})
    token = app.verification(eve["id"], added(app, eve)["id"]).token

    assert app.asked_to_verify(token=token)["username"] == "bob"
    with pytest.raises(PermissionDenied) as refused:
        app.verify_email(token=token, password=PASSWORD, now=NOON)

    assert refused.value.code == "password_invalid"
    assert app.verify_email(token=token, password="a different one for the demo", now=NOON)["verified"]


@pytest.mark.feature("I-08")
def test_every_verified_address_signs_in_and_no_other():
    app = founded()
    ada = register_verified(app)
    email = added(app, ada)
    as_other = {**ADA, "email": OTHER}

    with pytest.raises(Unauthenticated) as refused:
        sign_in(app, as_other)
    proved(app, ada, email)

    assert refused.value.code == "credentials_invalid"
    assert sign_in(app, as_other)["account"]["id"] == sign_in(app)["account"]["id"] == ada["id"]


@pytest.mark.feature("I-10")
def test_the_primary_address_is_swapped_by_one_event():
    app = founded()
    ada = register_verified(app)
    email = added(app, ada)
    proved(app, ada, email)
    before = len(log(app))

    assert primary(app, ada, email)["primary"]
    primary(app, ada, email)

    assert topics(app, before) == ["identity.account.primary_changed"]
    assert [each["primary"] for each in app.change_profile(account_id=ada["id"])["emails"]] == [False, True]


@pytest.mark.feature("I-10")
def test_an_unverified_address_and_that_of_somebody_else_cannot_be_primary():
    app = founded()
    ada, bob = register_verified(app), register_verified(app, BOB)
    email = added(app, ada)

    with pytest.raises(Conflict) as refused:
        primary(app, ada, email)
    assert refused.value.code == "email_unverified"
    with pytest.raises(NotFound):
        primary(app, ada, bob["emails"][0])


@pytest.mark.feature("I-11")
def test_old_and_new_primary_address_hear_of_the_swap_and_later_mail_goes_to_the_new_one(tmp_path):
    app = founded(state=tmp_path)
    ada = register_verified(app)
    proved(app, ada, email := added(app, ada))
    primary(app, ada, email)
    session = sign_in(app)["session"].id
    app.change_password(
        account_id=ada["id"], session_id=session, current_password=PASSWORD, new_password="a brand new passphrase", now=NOON
    )

    for reaction in (IdentityReactions, FormerAddress):
        reaction(app).react(published(app, "identity.account.primary_changed"))
    swapped = receivers(tmp_path)
    IdentityReactions(app).react(published(app, "identity.password.changed"))

    assert swapped == sorted([ADA["email"], OTHER])
    assert receivers(tmp_path) == sorted([ADA["email"], OTHER, OTHER])


@pytest.mark.feature("I-12")
def test_a_deleted_address_no_longer_signs_in_and_is_free_for_others():
    app = founded()
    ada, bob = register_verified(app), register_verified(app, BOB)
    proved(app, ada, email := added(app, ada))

    app.delete_email(account_id=ada["id"], email_id=email["id"])

    with pytest.raises(Unauthenticated):
        sign_in(app, {**ADA, "email": OTHER})
    assert added(app, bob)["address"] == OTHER


@pytest.mark.feature("I-12")
def test_the_primary_address_stays():
    app = founded()
    ada = register_verified(app)
    before = len(log(app))

    with pytest.raises(Conflict) as refused:
        app.delete_email(account_id=ada["id"], email_id=ada["emails"][0]["id"])

    assert refused.value.code == "primary_address"
    assert len(log(app)) == before


@pytest.mark.feature("I-12")
def test_nobody_deletes_the_address_of_somebody_else():
    app = founded()
    ada, bob = register_verified(app), register_verified(app, BOB)

    with pytest.raises(NotFound) as refused:
        app.delete_email(account_id=ada["id"], email_id=bob["emails"][0]["id"])

    assert refused.value.code == "email_not_found"


def test_an_account_has_so_many_addresses_and_no_more():
    app = founded(account_addresses=2)
    ada = register_verified(app)
    added(app, ada)

    with pytest.raises(Conflict) as refused:
        added(app, ada, "third@example.com")

    assert refused.value.code == "too_many_addresses"


def test_nobody_has_mail_sent_without_end():
    app = founded(mail_requests=2)
    ada = register_verified(app)
    email = added(app, ada)
    app.renew_verification(account_id=ada["id"], email_id=email["id"], now=NOON)

    with pytest.raises(LimitExceeded):
        app.renew_verification(account_id=ada["id"], email_id=email["id"], now=NOON)


def receivers(state):
    import email
    from email.policy import default

    return sorted(email.message_from_bytes(path.read_bytes(), policy=default)["To"] for path in (state / "outbox").glob("*.eml"))
