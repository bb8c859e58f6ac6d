"""Signed tree heads: how large each log's tree was when, and its root. A chain of records, each of which names the one before.

The first record is a key, signed with itself. A later key is signed with the one it replaces, and signs from then on.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.audit.proof.canonical import canonical

Record = dict[str, Any]


class Forged(Exception):
    """A record is none of the chain's; the message says which and why."""


def key_record(new: Ed25519PrivateKey, signer: Ed25519PrivateKey, last: Record | None, now: datetime) -> Record:
    """``signer`` is the key in force so far; the new one itself if there was none."""
    return signed(signer, _follows(last, now) | {"kind": "key", "public_key": public(new).hex()})


def head_record(signer: Ed25519PrivateKey, last: Record, now: datetime, trees: Mapping[str, tuple[int, bytes]]) -> Record:
    sizes = {source: {"size": size, "root": root.hex()} for source, (size, root) in trees.items()}
    return signed(signer, _follows(last, now) | {"kind": "head", "trees": sizes})


def signed(signer: Ed25519PrivateKey, body: Record) -> Record:
    return body | {"signature": signer.sign(canonical(body)).hex()}


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _follows(last: Record | None, now: datetime) -> Record:
    # A clock that was set back must not make a record that looks back-dated.
    time = max(moment(now), last["time"]) if last else moment(now)
    return {"number": last["number"] + 1 if last else 1, "previous": _digest(last) if last else "", "time": time}


def _digest(record: Record) -> str:
    return sha256(canonical(record)).hexdigest()


class Chain:
    """Takes records one by one, from the first; believes the key it was made with and what that vouches for."""

    def __init__(self, first_key: bytes) -> None:
        self._key = first_key
        self._keys = [first_key]
        self._last: Record | None = None
        self.heads: dict[int, Record] = {}

    def add(self, record: Record) -> None:
        """Raises Forged, and is as it was."""
        name = f"record {(self._last or {'number': 0})['number'] + 1}"
        try:
            self._check(name, record)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Forged(f"{name} is not of the form that heads have") from None
        if record["kind"] == "key":
            self._key = bytes.fromhex(record["public_key"])
            self._keys.append(self._key)
        else:
            self.heads[record["number"]] = record
        self._last = record

    def check(self, name: str, record: Record) -> None:
        """Raises Forged unless the key now in force has signed it."""
        if not _signed_with(self._key, record):
            raise Forged(f"{name} is not signed with the key that was in force")

    def vouches_for(self, record: Record) -> bool:
        """Whether any of its keys has signed it."""
        return any(_signed_with(key, record) for key in reversed(self._keys))

    def _check(self, name: str, record: Record) -> None:
        first = self._last is None
        if record["number"] != (1 if self._last is None else self._last["number"] + 1):
            raise Forged(f"{name} is missing")
        if record["previous"] != ("" if self._last is None else _digest(self._last)):
            raise Forged(f"{name} does not follow the record before it")
        if first and (record["kind"], record.get("public_key")) != ("key", self._key.hex()):
            raise Forged(f"{name} is not the public key given")
        self.check(name, record)
        if self._last is not None and record["time"] < self._last["time"]:
            raise Forged(f"{name} is dated before the record it follows")
        if record["kind"] == "head":
            self._grown(name, record["trees"])
        elif record["kind"] != "key" or len(bytes.fromhex(record["public_key"])) != 32:
            raise Forged(f"{name} is neither a key nor a head")

    def _grown(self, name: str, trees: Record) -> None:
        former = next(reversed(self.heads.values()))["trees"] if self.heads else {}
        if lost := [source for source, tree in former.items() if trees.get(source, {"size": 0})["size"] < tree["size"]]:
            raise Forged(f"{name} counts fewer entries of {lost[0]} than a head before it: an old backup was restored")
        for tree in trees.values():
            if not isinstance(tree["size"], int) or len(bytes.fromhex(tree["root"])) != 32:
                raise Forged(f"{name} is not of the form that heads have")


def _signed_with(key: bytes, record: Record) -> bool:
    body = {name: value for name, value in record.items() if name != "signature"}
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(record["signature"]), canonical(body))
    except InvalidSignature:
        return False
    return True
