"""Changing a password, and resetting it by mail."""

import unicodedata
from datetime import timedelta

import pytest

from services.chassis.errors import Conflict, LimitExceeded, NotFound, PermissionDenied, Unauthenticated, Unprocessable
from services.identity import passwords
from services.identity.domain import Account
from services.identity.reactions import IdentityReactions
from tests.builders.identity import ADA, NOON, PASSWORD, founded, log, register, register_verified, sign_in, started, topics

NEW = "another horse, another battery"


def change(app, id, session, current=PASSWORD, new=NEW, **more):
    app.change_password(account_id=id, session_id=session, current_password=current, new_password=new, now=NOON, **more)


def asked(app, email=ADA["email"], now=NOON):
    app.request_password_reset(email=email, now=now)


def token(app, account):
    return app.reset_letter(account["id"], account["emails"][0]["id"]).token


def admitted(app, session):
    return app.load(Account, session.account_id).admits(session.id, session.epoch)


@pytest.mark.feature("I-13")
def test_a_changed_password_ends_all_sessions_but_this_one_by_one_event():
    app = founded()
    id = register_verified(app)["id"]
    here, elsewhere = sign_in(app)["session"], sign_in(app)["session"]
    before = len(log(app))

    change(app, id, here.id)

    assert topics(app, before) == ["identity.password.changed"]
    assert (admitted(app, here), admitted(app, elsewhere)) == (True, False)
    with pytest.raises(Unauthenticated):
        sign_in(app)
    assert admitted(app, sign_in(app, {**ADA, "password": NEW})["session"])


@pytest.mark.feature("I-13")
def test_a_session_that_began_with_the_old_password_while_it_changed_is_dead(monkeypatch):
    app = founded()
    id, here = started(app)
    digest = app.keys.digest

    def change_meanwhile(*given):
        monkeypatch.undo()
        change(app, id, here)
        return digest(*given)

    monkeypatch.setattr(app.keys, "digest", change_meanwhile)  # after the password was found right, before the session is saved

    assert not admitted(app, sign_in(app)["session"])


@pytest.mark.feature("I-13")
@pytest.mark.parametrize(
    ("given", "kind", "code"),
    [
        ({"current": "wrong horse battery staple"}, PermissionDenied, "password_invalid"),
        ({"new": PASSWORD}, Unprocessable, "password_unchanged"),
        ({"new": "fourteen chars"}, Unprocessable, "password_refused"),
        ({"new": "I am ada@example.org, you know"[5:9] + " ada " * 3 + "countess-x"}, Unprocessable, "password_refused"),
        ({"new": "passwordpassword"}, Unprocessable, "password_refused"),
        ({"new": "q1w2e3r4t5y6u7i8"}, Unprocessable, "password_refused"),
    ],
)
def test_a_change_wants_the_current_password_and_a_good_new_one(given, kind, code):
    app = founded()
    account = register(app, {**ADA, "username": "countess-x"})
    before = len(log(app))

    with pytest.raises(kind) as refused:
        change(app, account["id"], account["id"], **given)

    assert refused.value.code == code
    assert topics(app, before) == (["identity.account.attempt_refused"] if "current" in given else [])


@pytest.mark.feature("I-13")
def test_the_current_password_cannot_be_guessed_here():
    app = founded(password_attempts=2)
    id, here = started(app)
    for _ in range(2):
        with pytest.raises(PermissionDenied):
            change(app, id, here, current="wrong horse battery staple")

    with pytest.raises(LimitExceeded):
        change(app, id, here)


@pytest.mark.feature("I-15")
def test_what_is_revoked_with_the_password_is_saved_with_it(monkeypatch):
    app = founded()
    id, here = started(app)
    token = app.load(Account, register(app, {"email": "t@example.org", "password": PASSWORD})["id"])
    token.change_picture("stands for a revocation")
    monkeypatch.setattr(app, "revocable", lambda account_id: [token])
    before = len(log(app))

    change(app, id, here, revoke_credentials=True)

    assert [(event.TOPIC, event.timestamp is not None) for event in log(app)[before:]] == [
        ("identity.password.changed", True),
        ("identity.account.picture_changed", True),
    ]
    assert log(app)[before].credentials_revoked


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "PasswordPassword",
        "123456789012345",
        "abcdefghijklmnop",
        "zyxwvutsrqponmlkji",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "1qaz2wsx3edc4rfv",
        "ｐａｓｓｗｏｒｄpassword",
        "letmeinletmeinletmein",
        "baseballsuperman",
    ],
)
def test_what_everybody_tries_first_is_refused(password):
    with pytest.raises(Unprocessable) as refused:
        passwords.check(password, [])

    assert refused.value.code == "password_refused"


@pytest.mark.parametrize("password", [PASSWORD, "fifteen letters", "x7#kQ!p2mZ9@wLd", "слово слово дело", "a-long-enough-passphrase"])
def test_no_rule_asks_for_kinds_of_letters(password):
    passwords.check(password, [])


def test_passwords_equal_in_their_first_72_bytes_differ():
    start = "correct horse battery staple " * 3
    assert not passwords.verify(passwords.hash(start + "one"), start + "two")
    assert passwords.verify(passwords.hash(start * 10), start * 10)


def test_composed_and_decomposed_accents_are_one_password():
    word = "élève à l'école française"
    assert passwords.verify(passwords.hash(unicodedata.normalize("NFC", word)), unicodedata.normalize("NFD", word))


@pytest.mark.feature("I-14")
def test_a_reset_ends_every_session_and_works_once():
    app = founded()
    account = register_verified(app)
    session = sign_in(app)["session"]
    asked(app)
    link = token(app, account)

    app.reset_password(token=link, new_password=NEW, now=NOON)

    assert not admitted(app, session)
    assert sign_in(app, {**ADA, "password": NEW})
    with pytest.raises(Conflict) as refused:
        app.reset_password(token=link, new_password=PASSWORD, now=NOON)
    assert refused.value.code == "reset_used"


@pytest.mark.feature("I-14")
def test_a_link_is_dead_after_its_time_after_a_newer_one_and_after_a_change():
    app = founded(reset_minutes=30)
    account = register_verified(app)
    asked(app)
    first = token(app, account)
    asked(app)
    second = token(app, account)
    codes = []

    def refuse(link, now=NOON):
        with pytest.raises(Conflict) as refused:
            app.reset_password(token=link, new_password=NEW, now=now)
        codes.append(refused.value.code)

    refuse(first)
    refuse(second, NOON + timedelta(minutes=30))
    change(app, account["id"], sign_in(app)["session"].id)
    refuse(second)

    assert codes == ["reset_superseded", "reset_expired", "reset_used"]


@pytest.mark.feature("I-14")
@pytest.mark.parametrize("made_up", ["x", "a.b.c", "..", "5f4c3a8e000040008000000000000001.1.AAAA", "ключ"])
def test_a_made_up_link_is_unknown(made_up):
    app = founded()

    with pytest.raises(NotFound) as refused:
        app.reset_password(token=made_up, new_password=NEW, now=NOON)

    assert refused.value.code == "reset_not_found"


@pytest.mark.feature("I-14")
@pytest.mark.parametrize("email", ["nobody@example.org", ADA["email"]])
def test_nobody_learns_from_a_request_whether_there_is_an_account_but_it_is_on_record(email, tmp_path):
    app = founded(state=tmp_path)
    register(app)  # not verified: nobody has proved that the address is theirs
    before = len(log(app))

    assert asked(app, email) is None

    assert topics(app, before) == ["identity.password.reset_requested"]
    IdentityReactions(app).react(app.public.publish(log(app)[before], before + 1, 0))
    assert not (tmp_path / "outbox").exists()


@pytest.mark.feature("I-14")
def test_the_link_is_mailed_from_the_own_address_of_the_installation(tmp_path):
    app = founded(state=tmp_path, public_url="https://gatehouse.example")
    account = register_verified(app)
    asked(app)
    requested = next(n for n, event in enumerate(log(app), 1) if event.TOPIC == "identity.password.reset_requested")

    for _ in range(2):
        IdentityReactions(app).react(app.public.publish(log(app)[requested - 1], requested, 0))

    (path,) = (tmp_path / "outbox").glob("*.eml")
    assert b"https://gatehouse.example/reset-password?token=" in path.read_bytes().replace(b"=\n", b"").replace(b"=3D", b"=")
    assert token(app, account) not in repr([vars(event) for event in log(app)])


@pytest.mark.feature("I-14")
def test_requests_without_end_send_no_mail_without_end_and_still_tell_nothing():
    app = founded(mail_requests=2)
    register_verified(app)
    for _ in range(5):
        asked(app)

    assert topics(app).count("identity.password.reset_offered") == 2
    asked(app, now=NOON + timedelta(hours=1))
    assert topics(app).count("identity.password.reset_offered") == 3


@pytest.mark.feature("I-14")
def test_a_reset_lets_the_owner_in_again_whom_a_guesser_kept_out():
    app = founded(password_attempts=1)
    account = register_verified(app)
    with pytest.raises(Unauthenticated):
        sign_in(app, {**ADA, "password": "wrong horse battery staple"})
    with pytest.raises(LimitExceeded):
        sign_in(app)
    asked(app)

    app.reset_password(token=token(app, account), new_password=NEW, now=NOON)

    assert sign_in(app, {**ADA, "password": NEW})


@pytest.mark.feature("I-14")
def test_a_link_sent_to_an_address_dies_with_it():
    app = founded()
    account = register_verified(app)
    email = app.add_email(account_id=account["id"], address="other@example.org", now=NOON)
    app.verify_email(token=app.verification(account["id"], email["id"]).token, now=NOON)
    asked(app, "other@example.org")
    link = app.reset_letter(account["id"], email["id"]).token

    app.delete_email(account_id=account["id"], email_id=email["id"])

    with pytest.raises(Conflict):
        app.reset_password(token=link, new_password=NEW, now=NOON)
