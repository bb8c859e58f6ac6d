"""The shape of opaque tokens: a prefix that secret scanners know, 30 random letters and digits, and a checksum of 6.

As a pattern: ``(gh|isat)_[0-9A-Za-z]{36}``. The checksum (CRC-32 of all that stands before it) tells a typo from a token
without asking anybody; it is no secret and proves nothing.
"""

import re
import secrets
import string
import zlib

PERSONAL, STUDIO = "gh_", "isat_"
SHAPE = re.compile(r"(?:gh|isat)_[0-9A-Za-z]{36}")
# How much of a token may be shown, so that people know which is which.
SHOWN = 4

_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECKSUM = 30, 6


def new(prefix: str) -> str:
    body = prefix + "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM))
    return body + _checksum(body)


def looks_like(token: str) -> bool:
    """Whether it is meant to be one of these tokens, well-formed or not."""
    return token.startswith((PERSONAL, STUDIO))


def genuine(token: str) -> bool:
    """Whether it is complete and without a typo; not whether anybody ever made it."""
    return SHAPE.fullmatch(token) is not None and _checksum(token[:-_CHECKSUM]) == token[-_CHECKSUM:]


def shown(token: str) -> str:
    return token[: token.index("_") + 1 + SHOWN]


def _checksum(body: str) -> str:
    number, letters = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM):
        number, digit = divmod(number, len(_LETTERS))
        letters = _LETTERS[digit] + letters
    return letters
