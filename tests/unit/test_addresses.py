"""E-mail addresses, however they are written."""

import pytest

from services.chassis.addresses import cleaned, normalise


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
