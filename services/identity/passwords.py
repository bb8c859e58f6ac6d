"""Passwords: Argon2id with OWASP's parameters, the length that NIST SP 800-63B-4 asks of a password used alone."""

import unicodedata
from collections.abc import Iterable

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerificationError

from services.chassis.errors import Unprocessable
from services.identity.aside import aside
from services.identity.common import is_common

SHORTEST, LONGEST = 15, 1024
# Shorter names turn up inside good passwords by chance.
_TELLING = 4

# OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
# A hash of nothing under the same parameters: verifying against it takes as long as verifying against a real one.
_NOBODY = f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}${'A' * 22}${'A' * 43}"


def check(password: str, names: Iterable[str], field: str = "password") -> None:
    """Raises Unprocessable for a password that is too short, common, or made of the person's ``names``."""
    plain = _normal(password)
    if len(plain) < SHORTEST:
        raise _refused(f"Use at least {SHORTEST} characters; a few words in a row are easy to remember.", field)
    if any(len(name) >= _TELLING and name.casefold() in plain.casefold() for name in names):
        raise _refused("Leave out your username and your address.", field)
    if is_common(plain):
        raise _refused("This is among the first that would be tried: many have used it, or it repeats itself.", field)


def same(one: str, other: str) -> bool:
    return _normal(one) == _normal(other)


def hash(password: str) -> str:
    return aside(lambda: _HASHER.hash(_normal(password)))


def verify(password_hash: str | None, password: str) -> bool:
    """False at the same cost where there is no hash to verify against."""
    return aside(lambda: _verified(password_hash or _NOBODY, _normal(password)))


def outdated(password_hash: str) -> bool:
    return _HASHER.check_needs_rehash(password_hash)


def _verified(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except VerificationError:
        return False


def _normal(password: str) -> str:
    # One password has several encodings, and which of them arrives depends on the keyboard.
    return unicodedata.normalize("NFKC", password)


def _refused(reason: str, field: str) -> Unprocessable:
    return Unprocessable("password_refused", reason, {field: [reason]})
