"""The mail that asks to verify an address."""

import email
import re
from email.policy import default

from services.identity.reactions import IdentityReactions
from tests.builders.identity import ADA, NOON, PASSWORD, founded, log, register, register_verified


def registered(app, account):
    """The public event of the sign-up."""
    position, event = next((n, event) for n, event in enumerate(log(app), 1) if event.originator_id == account["id"])
    return app.public.publish(event, position, 0)


def test_who_signs_up_gets_a_link_and_the_token_to_copy(tmp_path):
    app = founded(state=tmp_path, public_url="https://gatehouse.example")
    account = register(app)

    IdentityReactions(app).react(registered(app, account))

    (path,) = (tmp_path / "outbox").glob("*.eml")
    mail = email.message_from_bytes(path.read_bytes(), policy=default)
    text = mail.get_body(("plain",)).get_content()
    token = re.search(r"https://gatehouse\.example/verify-email\?token=(\S+)", text)[1]
    assert mail["To"] == ADA["email"]
    assert f"\n{token}\n" in text
    assert app.verify_email(token=token, now=NOON)["verified"]


def test_a_repeat_is_the_same_mail(tmp_path):
    app = founded(state=tmp_path)
    event = registered(app, register(app))

    for _ in range(2):
        IdentityReactions(app).react(event)

    assert len(list((tmp_path / "outbox").iterdir())) == 1


def test_nothing_is_mailed_to_the_verified_and_the_erased(tmp_path):
    app = founded(state=tmp_path)
    verified = registered(app, register_verified(app))
    erased = registered(app, register(app, {"email": "bob@example.org", "username": "bob", "password": PASSWORD}))
    app.erase_account(account_id=log(app)[erased.position - 1].originator_id, password=PASSWORD, confirm="bob", now=NOON)

    for event in (verified, erased):
        IdentityReactions(app).react(event)

    assert not (tmp_path / "outbox").exists()


def test_public_events_hold_nothing_personal():
    app = founded()
    app.start_session(email="grace@example.org", password=PASSWORD, now=NOON)
    register_verified(app)
    public = [app.public.publish(event, 1, 0).to_json() for event in log(app) if event in app.public]

    assert len(public) == 5
    for value in (b"ada@", b"lovelace", b"example.org", b"argon2", b"digest"):
        assert not [event for event in public if value in event.lower()]
