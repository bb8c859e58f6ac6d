"""The master key: 32 bytes that wrap the data keys of all records."""

import hashlib
from base64 import b64decode
from pathlib import Path

from services.chassis.settings import SettingError, Settings, variable
from services.vault.sealing import aead

_BYTES = 32


class MasterKey:
    def __init__(self, key: bytes) -> None:
        # Derived, so that a key needs no name and a wrong one is noticed; of 256 random bits it gives nothing away.
        self.id = hashlib.blake2b(key, digest_size=8, person=b"gatehouse-vault").hexdigest()
        self._key = key

    def wrap(self, data_key: bytes, associated: bytes) -> bytes:
        return aead.encrypt(self._key, data_key, associated)

    def unwrap(self, wrapped: bytes, associated: bytes) -> bytes:
        return aead.decrypt(self._key, wrapped, associated)


def configured(settings: Settings, name: str) -> MasterKey | None:
    """The key in the setting ``name``, or in the file that ``name``_file names. Raises SettingError with one line."""
    path: str = getattr(settings, f"{name}_file")
    setting, text = (f"{name}_file", _read(path, name)) if path else (name, getattr(settings, name))
    return MasterKey(_decoded(text, setting)) if text else None


def _read(path: str, name: str) -> str:
    try:
        return Path(path).read_text().strip()
    except (OSError, ValueError) as error:
        raise SettingError(f"{variable(name)}_FILE cannot be read: {type(error).__name__}") from None


def _decoded(text: str, setting: str) -> bytes:
    """Base64, also url-safe and without padding."""
    try:
        key = b64decode(text.replace("-", "+").replace("_", "/").rstrip("=") + "=", validate=True)
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        raise SettingError(f"{variable(setting)} must be 32 random bytes in base64, as `openssl rand -base64 32` makes them")
    return key
