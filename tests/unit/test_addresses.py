"""E-mail addresses, however they are written."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.addresses import cleaned, normalise

PLAIN = st.from_regex(
    r"[A-Za-z0-9]{1,9}([._+-][A-Za-z0-9]{1,9}){0,9}@([a-z0-9]{1,30}(-[a-z0-9]{1,30}){0,2}\.){1,3}[a-z]{2,9}", fullmatch=True
)


@pytest.mark.parametrize(
    ("written", "mailed", "compared"),
    [
        ("ada@example.org", "ada@example.org", "ada@example.org"),
        ("  Ada@Example.ORG. ", "Ada@example.org", "ada@example.org"),
        ("Ａda@example.org", "Ada@example.org", "ada@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ("ADA@XN--BCHER-KVA.example", "ADA@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ("Größe@example.org", "Größe@example.org", "größe@example.org"),
        ("ada+tag@build.local", "ada+tag@build.local", "ada+tag@build.local"),
        ("ada@localhost", "ada@localhost", "ada@localhost"),
    ],
)
def test_one_mailbox_has_one_spelling(written, mailed, compared):
    assert cleaned(written) == mailed
    assert normalise(written) == compared


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "a b@example.org",
        "ada@-.org",
        "ada..x@example.org",
        "ada@a@b",
        "ada@b\r\nBcc: c@d",
        "\0@b.org",
        "\ud800@b.org",
        "a" * 65 + "@b.org",
        "Ada <ada@example.org>",
    ],
    ids=ascii,
)
def test_what_cannot_be_an_address_is_refused_without_being_repeated(nonsense):
    with pytest.raises(ValueError, match=r"^Not a valid e-mail address\.$"):
        cleaned(nonsense)


@given(PLAIN)
def test_what_looks_plain_is_judged_as_the_validator_would(address):
    try:
        judged = validate_email(address, check_deliverability=False, globally_deliverable=False, strict=True).normalized
    except EmailNotValidError:
        with pytest.raises(ValueError, match="Not a valid"):
            cleaned(address)
    else:
        assert cleaned(address) == judged
