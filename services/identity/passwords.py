"""Passwords: Argon2id with OWASP's parameters, the length that NIST SP 800-63B-4 asks of a password used alone."""

import unicodedata
from collections.abc import Callable, Iterable
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerificationError
from eventlet import patcher, tpool

from services.chassis.errors import Unprocessable

SHORTEST, LONGEST = 15, 1024
# Shorter names turn up inside good passwords by chance.
_TELLING = 4

# OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
# A hash of nothing under the same parameters: verifying against it takes as long as verifying against a real one.
_NOBODY = f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}${'A' * 22}${'A' * 43}"

T = TypeVar("T")


def check(password: str, names: Iterable[str]) -> None:
    """Raises Unprocessable for a password that is too short, or made of the person's ``names``."""
    plain = _normal(password)
    if len(plain) < SHORTEST:
        raise _refused(f"Use at least {SHORTEST} characters; a few words in a row are easy to remember.")
    if any(len(name) >= _TELLING and name.casefold() in plain.casefold() for name in names):
        raise _refused("Leave out your username and your address.")


def hash(password: str) -> str:
    return _aside(lambda: _HASHER.hash(_normal(password)))


def verify(password_hash: str | None, password: str) -> bool:
    """False at the same cost where there is no hash to verify against."""
    return _aside(lambda: _verified(password_hash or _NOBODY, _normal(password)))


def outdated(password_hash: str) -> bool:
    return _HASHER.check_needs_rehash(password_hash)


def _verified(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except VerificationError:
        return False


def _aside(function: Callable[[], T]) -> T:
    """Hashing holds the processor for some 20 ms: in a green process it goes to a real thread, so that others run meanwhile."""
    result: T = tpool.execute(function) if patcher.is_monkey_patched("thread") else function()
    return result


def _normal(password: str) -> str:
    # One password has several encodings, and which of them arrives depends on the keyboard.
    return unicodedata.normalize("NFKC", password)


def _refused(reason: str) -> Unprocessable:
    return Unprocessable("password_refused", reason, {"password": [reason]})
