"""E-mail addresses, however they are written."""

from random import Random

import pytest
from email_validator import validate_email

from services.chassis.addresses import cleaned, normalise

WORDS = ("a", "Ada", "x2", "7", "lovelace", "B" * 9, "q" * 30)


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


def test_what_looks_plain_is_judged_as_the_validator_would():
    random = Random(20_240_229)
    for _ in range(500):
        local = "".join(random.choice(WORDS) + random.choice("._+-") for _ in range(random.randrange(3))) + random.choice(WORDS)
        labels = [f"{random.choice(WORDS)}{random.choice(['', '-1', '--1'])}" for _ in range(random.randrange(1, 4))]
        address = f"{local}@{'.'.join(labels)}.{random.choice(['org', 'museum', 'io', 'x1'])}"
        assert _judged(cleaned, address) == _judged(_by_the_validator, address), address


def _judged(judge, address):
    try:
        return judge(address)
    except ValueError:
        return None


def _by_the_validator(address):
    found = validate_email(address, check_deliverability=False, globally_deliverable=False, strict=True)
    return f"{found.local_part}@{found.ascii_domain}"
