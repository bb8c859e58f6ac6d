"""E-mail addresses: the spelling that mail is sent to, and the one that is equal for every way of writing the same mailbox."""

import re
import unicodedata
from functools import lru_cache

LONGEST = 254
# How nearly all of them look, and what the validator leaves as it is: it takes a hundred times as long to say so.
_PLAIN = re.compile(r"(?=.{1,64}@.{1,63}\Z)[A-Za-z0-9]+([._+-][A-Za-z0-9]+)*@([a-z0-9]+(-[a-z0-9]+)*\.)+[a-z]{2,}")


# The same address is looked at by several layers of one request.
@lru_cache(maxsize=64)
def cleaned(address: str) -> str:
    """As mail is sent to it: the domain in its ASCII form, the part before the sign as written. Raises ValueError."""
    if _PLAIN.fullmatch(address):
        return address
    return _validated(unicodedata.normalize("NFKC", address).strip().removesuffix("."))


def _validated(address: str) -> str:
    """By the library, which every process would be slower to start with and few ever ask."""
    import email_validator

    # Whoever hosts this for a team may well have mail at a name only the own network knows, such as ada@build.local.
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    try:
        found = email_validator.validate_email(address, check_deliverability=False, globally_deliverable=False, strict=True)
    except (email_validator.EmailNotValidError, UnicodeError):
        # Not the library's words: they may repeat the address.
        raise ValueError("Not a valid e-mail address.") from None
    return f"{found.local_part}@{found.ascii_domain}"


def normalise(address: str) -> str:
    """Equal for addresses that mean the same mailbox. Raises ValueError."""
    local, _, domain = cleaned(address).rpartition("@")
    # Lower case and no more: folding would make "ß" and "ss" one mailbox, which they are not. It can undo the normal form, taken again.
    return f"{unicodedata.normalize('NFKC', local.lower())}@{domain}"
