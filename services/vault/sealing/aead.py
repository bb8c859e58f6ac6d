"""AES-256-GCM with its nonce in front."""

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


def encrypt(key: bytes, data: bytes, associated: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, associated)


def decrypt(key: bytes, data: bytes, associated: bytes) -> bytes:
    """Raises cryptography's InvalidTag if anything of it was altered, or the key is another."""
    return AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], associated)
