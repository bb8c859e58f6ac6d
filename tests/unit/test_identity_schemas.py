"""What never gets past the door."""

import pytest
from marshmallow import ValidationError

from services.identity.schemas import Authenticate, RegisterAccount, StartSession
from tests.builders.identity import ADA, PASSWORD


def errors(schema, payload):
    with pytest.raises(ValidationError) as refused:
        schema().load(payload)
    return set(refused.value.messages)


def test_a_proper_sign_up_passes():
    assert RegisterAccount().load(ADA) == ADA


def test_an_address_arrives_in_the_spelling_mail_is_sent_to():
    assert RegisterAccount().load({**ADA, "email": " Ada@Bücher.Example. "})["email"] == "Ada@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "a b@example.org",
        "ada@example.org\nBcc: eve@example.org",
        "ada@exa\0mple.org",
        "ada\ud800@example.org",
        7,
        None,
        "ada@@example.org",
        "ada@-example.org",
        f"ada@{'a.' * 130}org",
        "ada@example..org",
        "ada@[192.0.2.1]",
        ["ada@example.org"],
    ],
)
def test_a_bad_address_is_refused(email):
    assert errors(RegisterAccount, {**ADA, "email": email}) == {"email"}


@pytest.mark.parametrize("name", ["x" * 101, "a\0b", "a\nb", "a\x7fb", "\ud800", 7, None, {}])
def test_a_bad_name_is_refused(name):
    assert errors(RegisterAccount, {**ADA, "first_name": name}) == {"first_name"}


@pytest.mark.parametrize("username", ["a", "x" * 40, "ada lovelace", "ada@example", "zoë", "ada\n", "ad\0a", "", 7])
def test_a_bad_username_is_refused(username):
    assert errors(RegisterAccount, {**ADA, "username": username}) == {"username"}


@pytest.mark.parametrize("password", ["", "x" * 1025, "correct horse \ud800 staple", 7, None])
def test_a_password_that_cannot_be_one_is_refused(password):
    assert errors(RegisterAccount, {**ADA, "password": password}) == {"password"}


def test_unknown_fields_are_refused():
    assert errors(RegisterAccount, {**ADA, "operator": True}) == {"operator"}


@pytest.mark.parametrize("named", [{}, {"email": "ada@example.org", "username": "ada"}])
def test_sign_in_names_either_an_address_or_a_username(named):
    assert errors(StartSession, {**named, "password": PASSWORD}) == {"email"}


@pytest.mark.parametrize("digest", ["", "x", "A" * 64, "a" * 65, "a" * 64 + "\n"])
def test_only_a_digest_authenticates(digest):
    assert errors(Authenticate, {"digest": digest}) == {"digest"}
