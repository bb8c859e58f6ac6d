"""Usernames: their shape, and one made up for whoever chose none."""

import re
import secrets
import unicodedata
from collections.abc import Iterator

SHAPE = r"[A-Za-z0-9._-]{2,39}"
_LONGEST = 39
_SUFFIX = 4


def key(username: str) -> str:
    """Equal for usernames that differ in letter case only."""
    return username.casefold()


def suggestions(email: str) -> Iterator[str]:
    """The address' own name first, then with random ends: a number would tell how many bear that name."""
    plain = unicodedata.normalize("NFKD", email.rpartition("@")[0]).encode("ascii", "ignore").decode()
    base = re.sub(r"[^A-Za-z0-9._-]", "", plain)[: _LONGEST - _SUFFIX - 1]
    if re.fullmatch(SHAPE, base):
        yield base
    while True:
        yield f"{base or 'user'}-{secrets.token_hex(_SUFFIX // 2)}"
