"""Everything derived from the installation's one secret key, each purpose with a key of its own."""

import hashlib
import hmac
import os
from base64 import urlsafe_b64encode
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class Keys:
    def __init__(self, secret_key: str) -> None:
        self._secret = secret_key.encode()
        self._derived: dict[str, bytes] = {}

    def blind_id(self, purpose: str, value: str) -> UUID:
        """An id for a value that must not be stored, such as an address: equal for equal values, not to be guessed back without the key."""
        return UUID(bytes=self._mac(f"blind:{purpose}", value.encode())[:16], version=5)

    def digest(self, purpose: str, token: str) -> str:
        """What is stored of a token: hexadecimal HMAC-SHA256."""
        return self._mac(f"digest:{purpose}", token.encode()).hex()

    def sign(self, purpose: str, *parts: str) -> str:
        """The secret part of a link: derived again whenever it is needed, so never stored. 43 url-safe characters."""
        framed = b"".join(len(p := part.encode()).to_bytes(4) + p for part in parts)
        return urlsafe_b64encode(self._mac(f"sign:{purpose}", framed)).rstrip(b"=").decode()

    def seal(self, purpose: str, data: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self._key(f"seal:{purpose}")).encrypt(nonce, data, purpose.encode())

    def open(self, purpose: str, data: bytes) -> bytes:
        """Raises cryptography's InvalidTag when the data was altered, or sealed for another purpose or with another key."""
        return AESGCM(self._key(f"seal:{purpose}")).decrypt(data[:_NONCE], data[_NONCE:], purpose.encode())

    def _mac(self, purpose: str, data: bytes) -> bytes:
        return hmac.digest(self._key(purpose), data, hashlib.sha256)

    def _key(self, purpose: str) -> bytes:
        """HKDF-SHA256 (RFC 5869), the purpose as its info."""
        if purpose not in self._derived:
            # Purposes that carry an id would fill the memory; only the fixed ones are kept.
            key = HKDF(SHA256(), 32, None, purpose.encode()).derive(self._secret)
            if len(self._derived) > 100:
                return key
            self._derived[purpose] = key
        return self._derived[purpose]
